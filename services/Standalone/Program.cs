using WatchPhoto.Standalone;

return await new StandaloneCommand().RunAsync(args);
