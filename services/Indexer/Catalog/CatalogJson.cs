using System.Text.Json;
using System.Text.Json.Serialization;
using WatchPhoto.Contracts;
using WatchPhoto.Indexer.Proving;

namespace WatchPhoto.Indexer.Catalog;

/// <summary>What the stores keep as JSON, spelled as on the bus.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PhotoDescription))]
[JsonSerializable(typeof(Verification))]
[JsonSerializable(typeof(WatcherReport))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
internal sealed partial class CatalogJson : JsonSerializerContext;
