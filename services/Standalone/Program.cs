Console.WriteLine("WatchPhoto");
