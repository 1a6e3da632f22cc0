using System.ComponentModel.DataAnnotations;
using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace WatchPhoto.Bus;

/// <summary>Options whose ranges are looked at when the service starts, and whose faults are said in one sentence each.</summary>
public static class CheckedOptions
{
    public static void AddCheckedOptions<TOptions>(this IHostApplicationBuilder builder, string section)
        where TOptions : class
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddSingleton<IValidateOptions<TOptions>>(new RangeCheck<TOptions>(section));
        builder.Services.AddOptions<TOptions>()
            // A setting that is misspelled would silently be the default.
            .BindConfiguration(section, binder => binder.ErrorOnUnknownConfiguration = true)
            .ValidateOnStart();
    }

    private sealed class RangeCheck<TOptions>(string section) : IValidateOptions<TOptions>
        where TOptions : class
    {
        public ValidateOptionsResult Validate(string? name, TOptions options)
        {
            var problems = Problems(options).ToList();
            return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
        }

        private IEnumerable<string> Problems(TOptions options) =>
            from property in typeof(TOptions).GetProperties()
            let value = property.GetValue(options)
            from rule in property.GetCustomAttributes<ValidationAttribute>()
            where !rule.IsValid(value)
            select rule is RangeAttribute range
                ? $"{section}:{property.Name} is {value}, but must be between {range.Minimum} and {range.Maximum}."
                : rule.FormatErrorMessage($"{section}:{property.Name}");
    }
}
