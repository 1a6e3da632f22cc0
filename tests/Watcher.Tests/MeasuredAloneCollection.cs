using WatchPhoto.Testing;

namespace WatchPhoto.Watcher.Tests;

[CollectionDefinition(MeasuredAlone.Name, DisableParallelization = true)]
public sealed class MeasuredAloneCollection;
