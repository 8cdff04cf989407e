-- A release is known by its payload: signatures may come later, and the rest never changes.

grant update (signers, document) on releases to haggle_app;
