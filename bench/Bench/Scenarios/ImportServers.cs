using System.Diagnostics;
using System.Globalization;
using WatchPhoto.Bench.Measuring;
using WatchPhoto.Bench.Roles;

namespace WatchPhoto.Bench.Scenarios;

/// <summary>A tree never seen before, from the disk through RabbitMQ to a complete catalog in MongoDB.</summary>
internal sealed class ImportServers : Scenario
{
    private const string WatchPhoto = "WatchPhoto on servers";
    private const string Upserts = "bare BulkWrite, conditional upserts";
    private const string Inserts = "bare BulkWrite, inserts";
    private const string Rate = "files/s";

    private ServersRun? _model;

    public override string Name => "import-servers";

    public override string Title => "Import over RabbitMQ and MongoDB";

    public override string Measure => Rate;

    public override string Reference => Upserts;

    public override IReadOnlyList<Target> Targets => [new(WatchPhoto, Rate, 0.7, Upserts, AtLeast: true)];

    public override async Task<IReadOnlyList<Contender>> PrepareAsync(Workshop workshop)
    {
        var tree = workshop.Tree(workshop.Scaled(200_000));
        _model = await ServersRun.StartAsync(workshop);
        await _model.RegisterAsync(tree.Root);
        await _model.CompleteAsync(tree);
        return
        [
            new(Upserts, _ => Task.FromResult(Bare(upsert: true))),
            new(Inserts, _ => Task.FromResult(Bare(upsert: false))),
            new(WatchPhoto, async _ =>
            {
                await using var run = await ServersRun.StartAsync(workshop);
                var cpu = run.Cpu;
                long start = Stopwatch.GetTimestamp();
                await run.RegisterAsync(tree.Root);
                double seconds = Stopwatch.GetElapsedTime(start, await run.CompleteAsync(tree)).TotalSeconds;
                return new Measures { [Rate] = tree.Files / seconds, [Measures.Seconds] = seconds, [Measures.Cpu] = (run.Cpu - cpu).TotalSeconds };
            }),
        ];

        Measures Bare(bool upsert)
        {
            using var bulk = Command.Start(BareBulkRole.Command(_model.Database.ToString(), upsert));
            double seconds = double.Parse(bulk.Expect("written").Text.Split(' ')[1], CultureInfo.InvariantCulture);
            return new Measures { [Rate] = tree.Files / seconds, [Measures.Seconds] = seconds };
        }
    }

    public override async ValueTask DisposeAsync()
    {
        if (_model is not null)
            await _model.DisposeAsync();
        await base.DisposeAsync();
    }
}
