using System.ComponentModel.DataAnnotations;
using Edge.Core.Sync;
using Microsoft.Extensions.Options;

namespace Edge.Box.Content;

/// <summary>How much of the link packs may use. The plan of the school goes before these settings when it says something. Section <c>Link</c>.</summary>
public sealed class LinkOptions : IValidatableObject
{
    /// <summary>Rates by local time, such as <c>22:00-06:00 full, 64k</c>: windows with a rate each, and one rate for the rest of the day. A rate is <c>full</c>,
    /// <c>off</c>, or bits a second with k or M. While the box has no time from the relay, the lowest of them holds. Default none: always full.</summary>
    public string? Rates { get; set; }

    /// <summary>Most bytes of packs a day, up and down. Default none.</summary>
    [Range(0, long.MaxValue)]
    public long? DayBytes { get; set; }

    /// <summary>Most bytes of packs in a calendar month, up and down. Default none.</summary>
    [Range(0, long.MaxValue)]
    public long? MonthBytes { get; set; }

    /// <summary>What a byte costs: <c>Unmetered</c> (caps do not apply), <c>Metered</c> (they do) or <c>Expensive</c> (they do, and only packs with a due time come). Default <c>Metered</c>.</summary>
    public LinkCost Cost { get; set; } = LinkCost.Metered;

    /// <summary>These settings as rules.</summary>
    public LinkTerms Terms => new(Rates, DayBytes, MonthBytes, Cost);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (LinkRules.ReadRates(Rates) is null)
            yield return new ValidationResult($"\"{Rates}\" are no rates: write them as \"22:00-06:00 full, 64k\"", [nameof(Rates)]);
    }
}

[OptionsValidator]
public sealed partial class LinkOptionsValidator : IValidateOptions<LinkOptions>;
