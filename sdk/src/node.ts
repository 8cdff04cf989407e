// What a server and the tools need of Node: files and signers.

export {};
