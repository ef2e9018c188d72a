using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Relay.Identity;

/// <summary>How often somebody may mistype the staff key. Section <c>SignIn</c>.</summary>
public sealed class SignInOptions
{
    /// <summary>Wrong keys from one address within <see cref="Window"/> after which it has to wait. Default 10: the key is long, and people paste it wrongly. Behind a reverse proxy all people share its address.</summary>
    [Range(1, 1000)]
    public int MaxFailures { get; set; } = 10;

    /// <summary>Span in which wrong keys are counted; it begins with the first one. Default 15 min.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan Window { get; set; } = TimeSpan.FromMinutes(15);
}

[OptionsValidator]
public sealed partial class SignInOptionsValidator : IValidateOptions<SignInOptions>;
