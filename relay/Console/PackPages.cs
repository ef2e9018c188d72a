using System.Collections.Immutable;
using System.Globalization;
using Edge.Core.Content;
using Edge.Core.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;
using Relay.Content;
using Relay.Fleet;

namespace Relay.Console;

/// <summary>What was typed into the form that publishes, and what was wrong with it.</summary>
public sealed record PublishForm(long? Version, bool All, ImmutableArray<string> Schools, string Due, string Priority, string? Error)
{
    public static readonly PublishForm Empty = new(null, true, [], "", "0", null);
}

/// <summary>What was typed into the form for a correction in words, and what was wrong with it.</summary>
/// <param name="Refusal">Says beside which field the error stands.</param>
public sealed record ErratumForm(string Chinese, string English, string File, string At, string Page, ErratumRefusal Refusal)
{
    public static readonly ErratumForm Empty = new("", "", "", "", "", ErratumRefusal.None);

    public static ErratumForm Read(IFormCollection form) => new(Text(form, "zh"), Text(form, "en"), Text(form, "path"), Text(form, "at"), Text(form, "page"), ErratumRefusal.None);

    /// <returns>Null when the page is no number.</returns>
    public ErratumRequest? ToRequest()
    {
        int page = 0;
        if (Page.Length > 0 && !int.TryParse(Page, NumberStyles.None, CultureInfo.InvariantCulture, out page))
            return null;
        (string Language, string Text)[] typed = [("zh-Hans", Chinese), ("en", English)];
        var words = new LocalText(ImmutableSortedDictionary.CreateRange(StringComparer.Ordinal, typed.Where(text => text.Text.Length > 0).Select(text => KeyValuePair.Create(text.Language, text.Text))));
        return new ErratumRequest(words, null, File.Length > 0 ? File : null, At.Length > 0 ? At : null, Page.Length > 0 ? page : null);
    }

    private static string Text(IFormCollection form, string name) => form[name].ToString().Trim();
}

/// <summary>Packs: list with funnels, one pack with its versions, publish, withdraw.</summary>
internal static class PackPages
{
    public static void MapPackPages(this IEndpointRouteBuilder routes, ConsolePorts ports)
    {
        routes.MapGet("/packs", (HttpContext context, IOptions<ConsoleOptions> options, int? page) =>
        {
            // One card per pack: the version that schools should hold now, else the newest.
            ImmutableArray<PackRow> current = [.. Board(context).Rows.GroupBy(row => row.Pack.Pack)
                .Select(versions => versions.FirstOrDefault(row => row.Places.Length > 0) ?? versions.First())
                .OrderByDescending(row => row.Pack.Published ?? row.Pack.Created)];
            return new RazorComponentResult<PacksPage>(new { Rows = current.Page(page, options.Value.PageRows) });
        });

        routes.MapGet("/packs/{pack}", (HttpContext context, string pack) => Page(context, pack, PublishForm.Empty));

        routes.MapPost("/packs/{pack}/publish", async (HttpContext context, Reader reader, string pack, PackDesk desk, IFormCollection form, CancellationToken cancellationToken) =>
        {
            var typed = new PublishForm(long.TryParse(form["version"], out long version) ? version : null, form["to"] != "some",
                [.. form["school"].OfType<string>()], form["due"].ToString().Trim(), form["priority"].ToString().Trim(), null);
            if (!int.TryParse(typed.Priority, out int priority))
                return Page(context, pack, typed with { Error = reader["publish.nopriority"] });
            PublishResult result = await desk.PublishAsync(pack,
                new PublishRequest(typed.Version, typed.All ? ["all"] : typed.Schools, typed.Due.Length == 0 ? null : typed.Due, priority), cancellationToken);
            if (result.Outcome == PublishOutcome.Proposed)
                return Said.Back(context, "/approvals", "said.proposed", $"{pack} @ {result.Version}", $"{result.Proposal}");
            if (result.Outcome != PublishOutcome.Published)
            {
                string unknown = result.Unknown.IsDefault ? "" : string.Join(", ", result.Unknown);
                return Page(context, pack, typed with { Error = reader.Format($"publish.{result.Outcome.ToString().ToLowerInvariant()}", unknown) });
            }
            await ports.ListsChanged(cancellationToken);
            return Said.Back(context, $"/packs/{pack}", "said.published", $"{pack} @ {result.Version}");
        });

        routes.MapPost("/packs/{pack}/errata", async (HttpContext context, string pack, ErrataDesk errata, IFormCollection form, CancellationToken cancellationToken) =>
        {
            ErratumForm typed = ErratumForm.Read(form);
            (Erratum? made, ErratumRefusal refusal) = typed.ToRequest() is { } request ? await errata.MakeAsync(pack, request, cancellationToken) : (null, ErratumRefusal.NoPlace);
            if (made is null)
                return Page(context, pack, PublishForm.Empty, typed with { Refusal = refusal });
            await ports.ListsChanged(cancellationToken);
            return Said.Back(context, $"/packs/{pack}", "said.erratum", made.Id);
        });

        routes.MapPost("/packs/{pack}/pin", async (HttpContext context, string pack, PackDesk desk, IFormCollection form, CancellationToken cancellationToken) =>
        {
            bool pinned = form["do"] == "pin";
            string school = form["school"].ToString();
            if (await desk.PinAsync(pack, new PinRequest([school.Length == 0 ? "all" : school], pinned), cancellationToken) != PinOutcome.Done)
                return SchoolPages.Missing();
            await ports.ListsChanged(cancellationToken);
            // Back to where the button was.
            return Said.Back(context, school.Length == 0 ? $"/packs/{pack}" : $"/schools/{school}", pinned ? "said.pinned" : "said.unpinned", pack);
        });

        routes.MapPost("/packs/{pack}/errata/{id}/withdraw", async (HttpContext context, string pack, string id, ErrataDesk errata, CancellationToken cancellationToken) =>
        {
            if (await errata.WithdrawAsync(pack, id, cancellationToken) is null)
                return SchoolPages.Missing();
            await ports.ListsChanged(cancellationToken);
            return Said.Back(context, $"/packs/{pack}", "said.erratum-withdrawn", id);
        });

        routes.MapGet("/packs/{pack}/withdraw/{version:long}", (Reader reader, string pack, long version, PackRegistry registry) =>
            registry.Find(pack, version) is not { Withdrawn: null } found ? SchoolPages.Missing() : new RazorComponentResult<ConfirmPage>(new
            {
                Title = reader.Format("withdraw.title", $"{pack} @ {version}"),
                What = reader.Format("withdraw.what", reader.In(found.Title)),
                Do = reader["withdraw.do"],
                Action = $"/packs/{pack}/withdraw/{version}",
                Back = $"/packs/{pack}",
            }));

        routes.MapPost("/packs/{pack}/withdraw/{version:long}", async (HttpContext context, string pack, long version, PackDesk desk, CancellationToken cancellationToken) =>
        {
            if (await desk.WithdrawAsync(pack, version, cancellationToken) is null)
                return SchoolPages.Missing();
            await ports.ListsChanged(cancellationToken);
            return Said.Back(context, $"/packs/{pack}", "said.withdrawn", $"{pack} @ {version}");
        });
    }

    private static PackBoard Board(HttpContext context)
    {
        IServiceProvider services = context.RequestServices;
        var time = services.GetRequiredService<TimeProvider>();
        FleetBoard fleet = FleetBoard.Read(services.GetRequiredService<FleetStore>(), services.GetRequiredService<IOptions<ConsoleOptions>>(), time);
        return PackBoard.Read(services.GetRequiredService<PackRegistry>(), services.GetRequiredService<PlanSources>(), fleet, time.GetUtcNow());
    }

    private static IResult Page(HttpContext context, string pack, PublishForm form, ErratumForm? erratum = null)
    {
        ImmutableArray<PackRow> versions = [.. Board(context).Rows.Where(row => row.Pack.Pack == pack)];
        return versions.Length == 0 ? SchoolPages.Missing() : new RazorComponentResult<PackPage>(new
        {
            Versions = versions,
            Schools = context.RequestServices.GetRequiredService<FleetStore>().Schools(),
            Form = form,
            Errata = context.RequestServices.GetRequiredService<ErrataDesk>().All().RemoveAll(erratum => erratum.Pack != pack),
            Correction = erratum ?? ErratumForm.Empty,
            Pins = context.RequestServices.GetRequiredService<PackRegistry>().Pins().Where(pin => pin.Pack == pack).Select(pin => pin.School).ToImmutableHashSet(),
        })
        { StatusCode = form.Error is null && erratum is null ? StatusCodes.Status200OK : StatusCodes.Status422UnprocessableEntity };
    }
}
