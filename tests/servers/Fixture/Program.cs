// Tells which servers the tests would use, for test.sh: one word.
using WatchPhoto.Testing;

Console.WriteLine((await TestServers.ChooseAsync()).ToString().ToLowerInvariant());
