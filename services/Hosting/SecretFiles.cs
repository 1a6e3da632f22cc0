using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace WatchPhoto.Hosting;

/// <summary>
/// Settings that are files of their own, as Docker, Kubernetes and systemd hand over what others must not see: the name is the
/// setting's (<c>ConnectionStrings__RabbitMq</c>), the content its value.
/// </summary>
public static class SecretFiles
{
    private const string Usual = "/run/secrets";

    /// <summary>Those of <c>/run/secrets</c> and of <c>$CREDENTIALS_DIRECTORY</c>, where they are: above the configuration file, below variables and arguments.</summary>
    /// <exception cref="OptionsValidationException">One cannot be read.</exception>
    public static void AddSecretFiles(this IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddSecretFiles(Usual);
        // systemd's: LoadCredential=
        builder.AddSecretFiles(Environment.GetEnvironmentVariable("CREDENTIALS_DIRECTORY"));
    }

    private static void AddSecretFiles(this IHostApplicationBuilder builder, string? directory)
    {
        if (!Path.IsPathRooted(directory) || !Directory.Exists(directory))
            return;
        var sources = builder.Configuration.Sources;
        var variables = sources.OfType<EnvironmentVariablesConfigurationSource>().FirstOrDefault(source => string.IsNullOrEmpty(source.Prefix));
        try
        {
            sources.Insert(
                variables is null ? sources.Count : sources.IndexOf(variables),
                new KeyPerFileConfigurationSource { FileProvider = new PhysicalFileProvider(directory) });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new OptionsValidationException(
                nameof(SecretFiles), typeof(SecretFiles), [$"A secret cannot be read: {exception.Message.TrimEnd('.')}; let the service's user read it."]);
        }
    }
}
