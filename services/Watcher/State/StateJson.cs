using System.Text.Json.Serialization;
using WatchPhoto.Contracts;

namespace WatchPhoto.Watcher.State;

/// <summary>How the state keeps contracts: in the form they travel in.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Library))]
[JsonSerializable(typeof(IReadOnlyList<FileEvent>))]
internal sealed partial class StateJson : JsonSerializerContext;
