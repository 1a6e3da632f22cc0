using System.Globalization;
using System.Security;
using System.Text;

namespace WatchPhoto.Bench.Reporting;

/// <summary>A bar a contender, as long as its median, with a line from its lowest to its highest round.</summary>
internal static class Chart
{
    private const int Width = 760;
    private const int Left = 210;
    private const int Right = 110;
    private const int Row = 34;
    private const int Top = 56;

    public static string Svg(Result result)
    {
        var bars = result.Contenders.Select(contender => (contender.Name, Spread: contender.Of(result.Measure)))
            .Where(bar => bar.Spread is not null).Select(bar => (bar.Name, Spread: bar.Spread!.Value)).ToList();
        double scale = (Width - Left - Right) / Math.Max(double.Epsilon, bars.Select(bar => bar.Spread.Max).DefaultIfEmpty(1).Max());
        int height = Top + Row * bars.Count + 12;
        var svg = new StringBuilder();
        svg.AppendLine(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" font-family="sans-serif" font-size="13">
              <rect width="{Width}" height="{height}" fill="#fff"/>
              <text x="12" y="22" font-size="16" font-weight="bold">{Escape(result.Title)}</text>
              <text x="12" y="42" fill="#555">{Escape(result.Measure)}: median, lowest and highest of {result.Contenders[0].Rounds.Count} rounds</text>
            """);
        foreach (var (i, (name, spread)) in bars.Index())
        {
            int y = Top + i * Row;
            string fill = name.StartsWith("WatchPhoto", StringComparison.Ordinal) ? "#2b6cb0" : "#a0aec0";
            double end = Left + spread.Median * scale;
            svg.AppendLine(CultureInfo.InvariantCulture, $"""
                  <text x="{Left - 8}" y="{y + 17}" text-anchor="end">{Escape(name)}</text>
                  <rect x="{Left}" y="{y + 2}" width="{end - Left:0.#}" height="22" fill="{fill}"/>
                  <path d="M{Left + spread.Min * scale:0.#} {y + 13}H{Left + spread.Max * scale:0.#}" stroke="#1a202c" stroke-width="2"/>
                  <text x="{Left + Math.Max(spread.Max, spread.Median) * scale + 8:0.#}" y="{y + 17}">{Table.Number(spread.Median)}</text>
                """);
        }

        return svg.AppendLine("</svg>").ToString();
    }

    private static string Escape(string text) => SecurityElement.Escape(text);
}
