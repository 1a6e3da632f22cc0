using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace WatchPhoto.Hosting;

/// <summary>Options whose ranges are looked at when the service starts, and whose faults are said in one sentence each.</summary>
public static class CheckedOptions
{
    public static void AddCheckedOptions<TOptions>(this IHostApplicationBuilder builder, string section)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IValidateOptions<TOptions>>(new RangeCheck<TOptions>(section));
        builder.Services.AddOptions<TOptions>().BindConfiguration(section, Strictly).ValidateOnStart();
    }

    /// <summary>The options at once, for what has to be known while the service is being put together.</summary>
    /// <exception cref="OptionsValidationException">One of them is out of its range.</exception>
    public static TOptions ReadChecked<TOptions>(this IConfiguration configuration, string section)
        where TOptions : class, new()
    {
        var options = configuration.GetSection(section).Get<TOptions>(Strictly) ?? new TOptions();
        return Problems(options, section).ToList() is { Count: > 0 } problems
            ? throw new OptionsValidationException(section, typeof(TOptions), problems)
            : options;
    }

    // A setting that is misspelled would silently be the default.
    private static void Strictly(BinderOptions binder) => binder.ErrorOnUnknownConfiguration = true;

    private static IEnumerable<string> Problems<TOptions>(TOptions options, string section) =>
        from property in typeof(TOptions).GetProperties()
        let value = property.GetValue(options)
        from rule in property.GetCustomAttributes<ValidationAttribute>()
        where !rule.IsValid(value)
        select rule is RangeAttribute range
            ? $"{section}:{property.Name} is {value}, but must be between {range.Minimum} and {range.Maximum}{Notation(value)}."
            : rule.FormatErrorMessage($"{section}:{property.Name}");

    // Who writes 5 for five seconds has said five days.
    private static string Notation(object? value) => value is TimeSpan ? " (days.hours:minutes:seconds)" : "";

    private sealed class RangeCheck<TOptions>(string section) : IValidateOptions<TOptions>
        where TOptions : class
    {
        public ValidateOptionsResult Validate(string? name, TOptions options) =>
            Problems(options, section).ToList() is { Count: > 0 } problems
                ? ValidateOptionsResult.Fail(problems)
                : ValidateOptionsResult.Success;
    }
}
