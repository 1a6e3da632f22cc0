using System.Globalization;
using WatchPhoto.Scenarios.Tests.Running;

namespace WatchPhoto.Peers;

/// <summary>WatchPhoto itself, asked over HTTP. One process has the libraries of many scenarios: who runs them signals it.</summary>
internal sealed class WatchPhotoPeer(string root, string id, Installation installation) : Peer(root)
{
    private static readonly string[] s_everyFile = ["**/*"];

    private bool _isRegistered;

    public override int? Process => installation.Watcher.Id;

    public override async Task StartAsync()
    {
        if (_isRegistered)
            return;
        await installation.RegisterAsync(new { id, name = id, host = installation.Host, path = Root, include = s_everyFile });
        _isRegistered = true;
        await installation.UntilAsync(async () => await installation.StandingAsync(id) is null ? "The library is not taken." : null);
    }

    public override void Stop()
    {
    }

    public override void Continue()
    {
    }

    public override void Kill()
    {
    }

    public override async Task<Dictionary<string, Seen>> PictureAsync() =>
        (await installation.PhotosAsync(id)).ToDictionary(
            photo => photo.Path, photo => new Seen(photo.File, photo.PhotoId.ToString("N", CultureInfo.InvariantCulture)), StringComparer.Ordinal);

    public override async Task<bool> AuditAsync()
    {
        await installation.AskAsync(id, "compare");
        return true;
    }
}
