using Microsoft.Extensions.Options;
using RabbitMQ.Client;

namespace WatchPhoto.Bus;

/// <summary>An AMQP URL, taken apart.</summary>
internal sealed record BrokerAddress(string Host, int Port, string VirtualHost, string User, string Password, bool Encrypted)
{
    private const int PlainPort = 5672;
    private const int EncryptedPort = 5671;

    /// <summary>For a connection apart from the bus, which ends when it is lost.</summary>
    public ConnectionFactory Connections(BusOptions options) => new()
    {
        HostName = Host,
        Port = Port,
        VirtualHost = VirtualHost,
        UserName = User,
        Password = Password,
        Ssl = new SslOption(Host, enabled: Encrypted),
        RequestedHeartbeat = options.Heartbeat,
        AutomaticRecoveryEnabled = false,
    };

    public static BrokerAddress Parse(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("amqp" or "amqps") || address.Host.Length == 0)
        {
            // The URL is not repeated: it carries a password.
            throw new OptionsValidationException(BusRegistration.ConnectionStringName, typeof(BrokerAddress),
                ["ConnectionStrings:RabbitMq must be a URL such as amqp://user:password@host:5672/virtual-host."]);
        }

        bool encrypted = address.Scheme == "amqps";
        var credentials = address.UserInfo.Split(':', 2);
        return new BrokerAddress(
            address.Host,
            address.Port > 0 ? address.Port : encrypted ? EncryptedPort : PlainPort,
            address.AbsolutePath.Length > 1 ? Uri.UnescapeDataString(address.AbsolutePath[1..]) : "/",
            credentials[0].Length > 0 ? Uri.UnescapeDataString(credentials[0]) : "guest",
            credentials.Length > 1 ? Uri.UnescapeDataString(credentials[1]) : "guest",
            encrypted);
    }
}
