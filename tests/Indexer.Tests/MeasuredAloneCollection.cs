using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests;

[CollectionDefinition(MeasuredAlone.Name, DisableParallelization = true)]
public sealed class MeasuredAloneCollection;
