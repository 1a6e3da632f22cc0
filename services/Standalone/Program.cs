using WatchPhoto.Standalone;

return await new StandaloneCommand().RunAsync(RawArguments.Of(args));
