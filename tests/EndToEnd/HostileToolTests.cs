using System.Collections.Concurrent;
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
        foreach (string pack in (string[])["honest", "other", "hostile"])
        {
            await _school.Relay.CliAsync(Token, "pack", "build", _school.Folder[pack]);
            await _school.Relay.CliAsync(Token, "pack", "publish", pack, "--to", "all");
        }
        await Eventually.Async(async () => (await _school.Box.StatusAsync(Token)).GetProperty("packs").EnumerateArray().Count(pack => pack.GetProperty("state").GetString() == "Verified") == 3,
            "the packs are here", Token, TimeSpan.FromSeconds(60), () => _school.Evidence);

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
