-- Begins an epoch, with nothing known. ARGV: the epoch.

redis.call('unlink', KEYS[2], KEYS[3], KEYS[4], KEYS[5], KEYS[6])
redis.call('set', KEYS[1], ARGV[1])
return 1
