using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WatchPhoto.Indexer.Api;

[JsonSerializable(typeof(PhotoLine))]
internal sealed partial class PhotoJson : JsonSerializerContext
{
    /// <summary>Names of files stay readable, which cannot be said in an attribute.</summary>
    public static PhotoJson Readable { get; } = new(new JsonSerializerOptions(JsonSerializerDefaults.Web)
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    });
}
