using System.Reflection;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Edge.Core.Content;
using Edge.Core.Sync;
using Xunit;

namespace Edge.Core.Tests.Sync;

/// <summary>What a writer leaves out, its reader must not ask for: a null that is not written and is required refuses the whole document.</summary>
public sealed class JsonRoundTripTests
{
    public static TheoryData<string> Contexts => [.. typeof(StatusReport).Assembly.GetTypes().Where(LeavesNullsOut).Select(type => type.FullName!)];

    [Theory]
    [MemberData(nameof(Contexts))]
    public void No_field_that_is_left_out_when_it_is_null_is_required(string context)
    {
        Type type = typeof(StatusReport).Assembly.GetType(context)!;
        JsonSerializerContext json = DefaultOf(type);
        var waiting = new Queue<Type>(type.GetCustomAttributesData().Where(attribute => attribute.AttributeType == typeof(JsonSerializableAttribute))
            .Select(attribute => (Type)attribute.ConstructorArguments[0].Value!));
        HashSet<Type> seen = [];
        List<string> wrong = [];
        while (waiting.TryDequeue(out Type? next))
        {
            if (!seen.Add(next) || json.GetTypeInfo(next) is not { } info)
                continue;
            if (info.ElementType is { } element)
                waiting.Enqueue(element);
            foreach (JsonPropertyInfo property in info.Properties)
            {
                waiting.Enqueue(property.PropertyType);
                bool takesNull = property.PropertyType.IsValueType ? Nullable.GetUnderlyingType(property.PropertyType) is not null : property.IsGetNullable;
                bool isWritten = property.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), false) is [JsonIgnoreAttribute { Condition: JsonIgnoreCondition.Never }];
                if (property.IsRequired && takesNull && !isWritten)
                    wrong.Add($"{next.Name}.{property.Name}");
            }
        }
        Assert.NotEmpty(seen);
        Assert.Empty(wrong);
    }

    [Theory]
    [InlineData(null, null)]
    [InlineData("2026-03-02T08:00:00+00:00", null)]
    [InlineData(null, "2026-03-02T08:00:00+00:00")]
    public void A_report_with_a_forecast_that_knows_little_is_understood(string? due, string? ready)
    {
        var outlook = new PackOutlook(ForecastWord.Unknown, Parse(due), Parse(ready));
        var report = new StatusReport(5, "0.1.0", TimeSpan.Zero, [new PackReport("book", 2, PackHolding.Fetching, 0, 20, outlook)], [], 0, 1, new ListVersions(1, 1, 1));
        Assert.Equal(outlook, StatusReport.Read(report.ToJson())?.Packs[0].Outlook);
    }

    [Fact]
    public void A_deletion_that_a_teacher_laid_over_a_pack_comes_back()
    {
        var deleted = new LocalChange(1, LocalChangeKind.Delete, "a/b.html", [LocalChange.NoFile]);
        Assert.Equal(deleted.ToJson(), LocalChange.Read(deleted.ToJson())?.ToJson());
    }

    private static bool LeavesNullsOut(Type type) => type.IsSubclassOf(typeof(JsonSerializerContext)) && DefaultOf(type).Options.DefaultIgnoreCondition == JsonIgnoreCondition.WhenWritingNull;

    private static JsonSerializerContext DefaultOf(Type context) => (JsonSerializerContext)context.GetProperty("Default", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!;

    private static DateTimeOffset? Parse(string? time) => time is null ? null : DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture);
}
