using MassTransit;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using WatchPhoto.Contracts;
using WatchPhoto.Hosting;

namespace WatchPhoto.Bus;

public static class BusRegistration
{
    public const string ConnectionStringName = "RabbitMq";

    private static readonly TimeSpan StopTimeout = TimeSpan.FromSeconds(3);

    /// <summary>
    /// The bus: RabbitMQ where the connection string <c>RabbitMq</c> names one, else in this process's memory.
    /// Services contribute their consumers, each with a definition that names its queue and chooses its shape
    /// (<see cref="QueueShapes"/>), and publish through <see cref="IConfirmedPublisher"/>. Added before them, the bus stops after them.
    /// </summary>
    public static void AddBus(this IHostApplicationBuilder builder, Action<IBusRegistrationConfigurator> addConsumers)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.AddCheckedOptions<BusOptions>(BusOptions.Section);
        // Its transport logs every attempt to connect and every retry with a stack; what matters is said by us, once.
        builder.AddDefaults(new KeyValuePair<string, string?>("Logging:LogLevel:MassTransit", "None"));
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<Refusals>();
        string? broker = builder.Configuration.GetConnectionString(ConnectionStringName);
        builder.Services.AddMassTransit(bus =>
        {
            bus.DisableUsageTelemetry();
            bus.ConfigureHealthCheckOptions(check => check.Name = "bus");
            // What a consumer is busy with when the service stops is given back to the queue.
            bus.Configure<MassTransitHostOptions>(host =>
            {
                host.ConsumerStopTimeout = StopTimeout;
                // A broker that is frozen does not answer that the connection is closed either.
                host.StopTimeout = StopTimeout + TimeSpan.FromSeconds(1);
            });
            addConsumers(bus);
            if (string.IsNullOrWhiteSpace(broker))
                bus.UseMemory();
            else
                bus.UseRabbitMq(BrokerAddress.Parse(broker));
        });
    }

    private static void UseMemory(this IBusRegistrationConfigurator bus)
    {
        bus.AddSingleton<MessagesInFlight>();
        bus.AddReceiveObserver(services => services.GetRequiredService<MessagesInFlight>());
        bus.AddSingleton<IConfirmedPublisher, InMemoryPublisher>();
        bus.AddSingleton<IFileEventsHistory>(_ => new NoHistory(
            "The bus is in memory and keeps no history: that takes RabbitMQ (ConnectionStrings__RabbitMq)."));
        bus.UsingInMemory((context, memory) =>
        {
            memory.HandOver();
            memory.NameExchanges();
            memory.ConfigureEndpoints(context);
        });
    }

    private static void UseRabbitMq(this IBusRegistrationConfigurator bus, BrokerAddress broker)
    {
        bus.AddSingleton<IConfirmedPublisher, RabbitMqPublisher>();
        bus.AddSingleton<IFileEventsHistory>(services => RabbitMqHistory.Create(broker, services.GetRequiredService<IOptions<BusOptions>>().Value));
        bus.AddSingleton<Deliveries>();
        bus.AddReceiveObserver(services => services.GetRequiredService<Deliveries>());
        bus.AddSingleton(services => new QueueReaders(
            broker.Connections(services.GetRequiredService<IOptions<BusOptions>>().Value), services.GetRequiredService<Deliveries>()));
        bus.AddSingleton<BrokerConnection>();
        bus.AddReceiveEndpointObserver(services => services.GetRequiredService<BrokerConnection>());
        bus.AddHostedService(services => services.GetRequiredService<BrokerConnection>());
        bus.UsingRabbitMq((context, rabbit) =>
        {
            var options = context.GetRequiredService<IOptions<BusOptions>>().Value;
            rabbit.Host(broker.Host, (ushort)broker.Port, broker.VirtualHost, host =>
            {
                host.Username(broker.User);
                host.Password(broker.Password);
                host.Heartbeat(options.Heartbeat);
                if (broker.Encrypted)
                    host.UseSsl(tls => tls.ServerName = broker.Host);
            });
            rabbit.UsePlainJson();
            rabbit.NameExchanges();
            rabbit.BindReaders(options);
            // At the start, not with the first message: what somebody publishes by hand before is kept as well.
            rabbit.DeployPublishTopology = true;
            rabbit.ConfigureEndpoints(context);
        });
    }

    private static void NameExchanges(this IBusFactoryConfigurator bus)
    {
        // What all of them are is nothing to subscribe to.
        bus.Publish<IMessage>(message => message.Exclude = true);
        bus.Message<FileEvents>(message => message.SetEntityName(BusNames.FileEventsExchange));
        bus.Message<LibrariesAnnounced>(message => message.SetEntityName(BusNames.LibrariesExchange));
        bus.Message<LibraryActionRequested>(message => message.SetEntityName(BusNames.LibraryActionsExchange));
        bus.Message<CatalogPartRequested>(message => message.SetEntityName(BusNames.CatalogPartRequestsExchange));
        bus.Message<CatalogPart>(message => message.SetEntityName(BusNames.CatalogPartsExchange));
        bus.Message<LibraryPreviewRequested>(message => message.SetEntityName(BusNames.LibraryPreviewRequestsExchange));
        bus.Message<LibraryPreviewed>(message => message.SetEntityName(BusNames.LibraryPreviewsExchange));
        bus.Message<WatcherReport>(message => message.SetEntityName(BusNames.WatcherReportsExchange));
    }
}
