namespace WatchPhoto.Bench.Roles;

/// <summary>What this program does as a process of its own, to be measured or to measure others with.</summary>
internal static class Role
{
    public static async Task<int> PlayAsync(string role, string[] arguments)
    {
        switch (role)
        {
            case WatcherRole.Name:
                await WatcherRole.PlayAsync(arguments);
                break;
            case WriterRole.Name:
                WriterRole.Play(arguments);
                break;
            case FileSystemWatcherRole.Name:
                FileSystemWatcherRole.Play(arguments);
                break;
            case BareInsertRole.Name:
                await BareInsertRole.PlayAsync(arguments);
                break;
            case BareBulkRole.Name:
                await BareBulkRole.PlayAsync(arguments);
                break;
            case BareRenameRole.Name:
                await BareRenameRole.PlayAsync(arguments);
                break;
            default:
                throw new ArgumentException($"There is no role '{role}'.", nameof(role));
        }

        return 0;
    }
}
