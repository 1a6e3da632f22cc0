using Microsoft.Extensions.Hosting;
using WatchPhoto.Hosting;
using WatchPhoto.Testing;

namespace WatchPhoto.Indexer.Tests.Bus;

/// <summary>What only the service is to know: it comes in files, and goes nowhere.</summary>
public class SecretFilesTests
{
    private const string Password = "s3cretOfTheDatabase";

    [Fact]
    public void A_file_of_the_credentials_directory_is_a_setting_which_a_variable_and_an_argument_win_over()
    {
        var directory = Directory.CreateTempSubdirectory("watchphoto-credentials-");
        try
        {
            foreach (string name in (string[])["SecretTests__File", "SecretTests__Variable", "SecretTests__Argument"])
                File.WriteAllText(Path.Combine(directory.FullName, name), "of the file\n");
            Environment.SetEnvironmentVariable("CREDENTIALS_DIRECTORY", directory.FullName);
            Environment.SetEnvironmentVariable("SecretTests__Variable", "of the variable");
            var builder = Host.CreateApplicationBuilder(Service.Arguments("--SecretTests:Argument=of the argument"));
            builder.AddSecretFiles();
            Assert.Equal(
                ("of the file", "of the variable", "of the argument"),
                (builder.Configuration["SecretTests:File"], builder.Configuration["SecretTests:Variable"],
                 builder.Configuration["SecretTests:Argument"]));
        }
        finally
        {
            Environment.SetEnvironmentVariable("CREDENTIALS_DIRECTORY", null);
            Environment.SetEnvironmentVariable("SecretTests__Variable", null);
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_services_configuration_file_is_the_one_beside_the_program_or_where_an_argument_says()
    {
        Assert.Equal(
            AppContext.BaseDirectory.TrimEnd('/'),
            Host.CreateApplicationBuilder(Service.Arguments()).Environment.ContentRootPath.TrimEnd('/'));
        Assert.Equal("/usr", Host.CreateApplicationBuilder(Service.Arguments("--contentRoot=/usr")).Environment.ContentRootPath);
    }

    [Fact]
    public async Task No_password_is_logged_or_told_while_neither_broker_nor_database_answers()
    {
        await using var indexer = await LiveIndexer.StartAsync(new Dictionary<string, string?>
        {
            ["ConnectionStrings:RabbitMq"] = $"amqp://somebody:{Password}@127.0.0.1:1/",
            ["ConnectionStrings:MongoDb"] = $"mongodb://somebody:{Password}@127.0.0.1:1/watchphoto?serverSelectionTimeoutMS=100",
            ["Logging:LogLevel:Default"] = "Trace",
            ["Logging:LogLevel:MassTransit"] = "Trace",
        });
        await Wait.UntilAsync(() => indexer.Log.Lines.Any(line => line.Contains("RabbitMQ at", StringComparison.Ordinal))
            && indexer.Log.Lines.Any(line => line.Contains("database does not answer", StringComparison.Ordinal)));
        foreach (string path in (string[])["/health/ready", "/api/libraries"])
        {
            using var answer = await indexer.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.DoesNotContain(
                Password, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        Assert.DoesNotContain(indexer.Log.Lines, line => line.Contains(Password, StringComparison.Ordinal));
    }
}
