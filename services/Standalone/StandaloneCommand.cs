using System.CommandLine;
using WatchPhoto.Hosting;

namespace WatchPhoto.Standalone;

/// <summary>The command line: what a person can say, and what is answered when it cannot be done.</summary>
internal sealed class StandaloneCommand
{
    private readonly Argument<string[]> _directories = new("DIR")
    {
        Arity = ArgumentArity.ZeroOrMore,
        Description = "Directories of photos. Each becomes a library, which stays one at later starts; "
            + "without any, those of earlier starts are watched.",
    };

    private readonly Option<int> _port = new("--port")
    {
        HelpName = "PORT",
        DefaultValueFactory = _ => 5080,
        Description = "Port of the HTTP API, on this machine only; 0 takes a free one.",
    };

    private readonly Option<string> _data = new("--data")
    {
        HelpName = "DIR",
        DefaultValueFactory = _ => DataDirectory.Usual,
        Description = "Where the catalog is kept.",
    };

    private readonly Option<string[]> _include = new("--include")
    {
        HelpName = "GLOB",
        Description = "Files that are of interest in each DIR, instead of the usual photo extensions: '*.jpg', 'raw/**/*.dng', "
            + "'**/*' for every file. May be given several times.",
    };

    private readonly RootCommand _root;

    public StandaloneCommand()
    {
        _root = new RootCommand("Keeps a catalog of the photos in directories, equal to what is on the disk, until Ctrl-C.")
        {
            _directories, _port, _data, _include,
        };
        _root.SetAction(RunAsync);
    }

    public async Task<int> RunAsync(string[] arguments)
    {
        StandardStreams.Guard();
        PrivateFiles.Guard();
        if ((OpenFiles.Problem ?? Clock.Problem) is { } problem)
            return Refuse(problem);
        var parsed = _root.Parse(arguments);
        if (parsed.Errors is [var error, ..])
            return Refuse($"{error.Message} Try --help.");
        // The host takes care of Ctrl-C.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        try
        {
            int port = parsed.GetValue(_port);
            if (port is < 0 or > ushort.MaxValue)
                return Refuse($"{port} is not a port: those go from 0 to {ushort.MaxValue}.");
            string[] named = parsed.GetValue(_directories) ?? [];
            if (named.FirstOrDefault(name => name.StartsWith("--", StringComparison.Ordinal)) is { } option)
                return Refuse($"There is no option '{option}': try --help; a directory of that name is ./{option}.");
            var directories = named.Select(PhotoDirectory.Resolve).DistinctBy(directory => directory.Path).ToList();
            string data = parsed.GetValue(_data)!;
            if (data.Length == 0)
                return Refuse("--data names no directory: say where the catalog is kept, or leave it out.");
            // .NET cannot name what is not UTF-8, nor what is no more.
            bool isNowhere = !Directory.Exists(".");
            if (RawArguments.AreBytes(data) || (isNowhere && !Path.IsPathRooted(data)))
                return Refuse("The name of the catalog's directory is not UTF-8: choose another with --data.");
            data = Path.GetFullPath(data);
            var include = parsed.GetValue(_include) is { Length: > 0 } globs ? globs : null;
            if (include?.Any(RawArguments.AreBytes) == true)
                return Refuse("What --include says is not UTF-8: put a '?' where a byte is that is no letter.");
            if (!DataDirectory.HasCatalog(data))
            {
                if (directories.FirstOrDefault(directory => directory.Problem is not null) is { } unknown)
                    return Refuse(unknown.Problem!);
                if (directories.Count == 0)
                {
                    await _root.Parse("--help").InvokeAsync(cancellationToken: cancellationToken);
                    return Refuse("Nothing is registered yet: name a directory of photos.");
                }
            }

            PhotoDirectory.RefuseOverlaps(directories, PhotoDirectory.Real(data));
            using var dataDirectory = DataDirectory.Open(data);
            // The host wants to be somewhere.
            if (isNowhere)
                Environment.CurrentDirectory = "/";
            await using var session = Session.Create(dataDirectory, port);
            await session.RunAsync(directories, include);
            return Environment.ExitCode;
        }
        catch (Exception exception) when (Service.Sentence(exception) is { } sentence)
        {
            return Refuse(sentence);
        }
    }

    private static int Refuse(string sentence)
    {
        Console.Error.WriteLine(Printable.Text(sentence));
        return 1;
    }
}
