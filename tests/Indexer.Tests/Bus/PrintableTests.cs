using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using WatchPhoto.Hosting;

namespace WatchPhoto.Indexer.Tests.Bus;

/// <summary>Whatever a disk or a client has chosen, a terminal and a text log get it as text.</summary>
public sealed class PrintableTests
{
    private const string Nasty = "a\u001b[2J\u001b]0;owned\u0007\r\nwarn: forged\u202etxt.\u2028\u0085\u009b31m\U000E0041";

    [Theory]
    [InlineData("a b.jpg", "a b.jpg")]
    [InlineData("Café 相片 📷", "Café 相片 📷")]
    [InlineData("a\u001bb\nc\td", "a\\u001Bb\\u000Ac\\u0009d")]
    [InlineData("x\u202egpj.exe\u2066", "x\\u202Egpj.exe\\u2066")]
    [InlineData("\u0085\u009b\u2028", "\\u0085\\u009B\\u2028")]
    [InlineData("\U000E0041", "\\U000E0041")]
    public void What_no_letter_is_is_written_as_its_number(string text, string printable) => Assert.Equal(printable, Printable.Text(text));

    [Fact]
    public void No_log_of_text_has_anything_in_it_that_a_terminal_obeys_or_a_line_that_somebody_else_made()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Logging:Console:FormatterOptions:ColorBehavior"] = "Disabled", ["Logging:Console:FormatterOptions:IncludeScopes"] = "true",
        });
        builder.AddServiceLogging();
        using var host = builder.Build();
        var scopes = new LoggerExternalScopeProvider();
        using var scope = scopes.Push($"scope {Nasty}");
        var formatters = host.Services.GetServices<ConsoleFormatter>().ToDictionary(formatter => formatter.Name);
        foreach (string name in (string[])[ConsoleFormatterNames.Simple, ConsoleFormatterNames.Systemd, ConsoleFormatterNames.Json])
        {
            using var written = new StringWriter();
            var entry = new LogEntry<string>(
                LogLevel.Error, "Test", 0, $"message {Nasty}", new InvalidOperationException($"exception {Nasty}"), (text, _) => text);
            formatters[name].Write(entry, scopes, written);
            string text = written.ToString();
            Assert.Contains("message a", text, StringComparison.Ordinal);
            Assert.Contains("exception a", text, StringComparison.Ordinal);
            Assert.Equal(text.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal),
                Printable.Text(text.Replace("\n", "", StringComparison.Ordinal).Replace("\r", "", StringComparison.Ordinal)));
            Assert.DoesNotContain(text.Split('\n'), line => line.StartsWith("warn:", StringComparison.Ordinal));
        }
    }
}
