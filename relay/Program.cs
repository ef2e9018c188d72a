using System.CommandLine;
using Relay;
using Relay.Bundle;
using Relay.Cli;
using Relay.Content;
using Relay.Feedback;
using Relay.Fleet;
using Relay.Identity;
using Relay.Live;
using Relay.Live.Srt;
using Relay.Sync;

var root = new RootCommand("Relay: sends packs and live lessons to schools, and brings their answers back")
{
    StaffClient.RelayOption,
    StaffClient.KeyFileOption,
    CommandLine.JsonOption,
    RelayServer.ServeCommand(),
    SrtGateway.Create(TimeProvider.System),
    BoxCommands.Create(),
    SchoolCommands.Create(),
    KeysCommands.Create(TimeProvider.System),
    PackCommands.Create(TimeProvider.System),
    ProposalCommands.Proposals(),
    ProposalCommands.Publishers(TimeProvider.System),
    ProposalCommands.Audit(),
    BundleCommands.Create(),
    FeedbackCommands.Create(),
    UsageEndpoints.Command(),
    NoticeCommands.Create(TimeProvider.System),
    LessonCommands.Create(TimeProvider.System, text =>
        DueText.TryParse(text, TimeProvider.System.GetUtcNow(), TimeZoneInfo.Local, out DateTimeOffset start) ? start : null),
};
return await CommandLine.RunAsync(root, args);
