/* The classroom screen: shows what the panel says, and nothing of its own. ES5.
   The page has: video#picture, img#kit, svg#board, #idle, #strip, #help, #qr. State comes from /panel/state.json. */
(function () {
  'use strict';
  var video = document.getElementById('picture'), kit = document.getElementById('kit');
  var state = null, shown = '', hls = null, items = [], sounds = [], voice = new Audio(), board = document.getElementById('board'), boardShown = '';
  var LIVE_AGAIN = 8, MISSED_RATE = 1.15;   /* seconds behind the newest picture; as on the lesson's page */

  function show(element, visible) { if (element.hidden === visible) { element.hidden = !visible; } }

  function stop() {
    if (hls) { hls.destroy(); hls = null; }
    video.removeAttribute('src');
    video.load();
  }

  /* Picture without sound is better than none: a browser that forbids sound before a touch still plays. */
  function play() {
    var promise = video.play();
    if (promise && promise.catch) {
      promise.catch(function () { video.muted = true; var again = video.play(); if (again && again.catch) { again.catch(function () {}); } });
    }
  }

  /* What was missed of a live lesson shows first, from one of its seconds on, a little faster until it is live again. */
  function catchUp(second) {
    var begun = false;
    hls.on(window.Hls.Events.LEVEL_UPDATED, function (_, data) {
      var fragments = data.details.fragments, i;
      if (begun || !fragments.length || !fragments[0].programDateTime) { return; }
      for (i = 0; i < fragments.length - 1 && (fragments[i].programDateTime - fragments[0].programDateTime) / 1000 + fragments[i].duration <= second; i++) {}
      begun = true;
      video.currentTime = fragments[i].start;
    });
    video.ontimeupdate = function () {
      var behind = hls && typeof hls.latency === 'number' ? hls.latency : 0;
      if (begun) { video.playbackRate = behind > LIVE_AGAIN ? MISSED_RATE : 1; }
    };
  }

  function attach(address, fromStart, second) {
    stop();
    video.ontimeupdate = null;
    video.playbackRate = 1;
    if (window.Hls && window.Hls.isSupported()) {
      hls = new window.Hls({
        startPosition: fromStart ? 0 : -1, liveDurationInfinity: true, backBufferLength: 30, maxBufferLength: 30,
        manifestLoadPolicy: forever(), playlistLoadPolicy: forever(), fragLoadPolicy: forever()
      });
      hls.on(window.Hls.Events.ERROR, function (_, data) {
        if (!data.fatal) { return; }
        if (data.type === window.Hls.ErrorTypes.MEDIA_ERROR) { hls.recoverMediaError(); } else { setTimeout(function () { if (hls) { hls.startLoad(); } }, 1000); }
      });
      if (second !== null) { catchUp(second); }
      hls.loadSource(address);
      hls.attachMedia(video);
      hls.on(window.Hls.Events.MANIFEST_PARSED, play);
    } else {
      video.src = address;
      play();
    }
  }

  function forever() {
    var retry = { maxNumRetry: 1000000, retryDelayMs: 500, maxRetryDelayMs: 3000, backoff: 'linear' };
    return { 'default': { maxTimeToFirstByteMs: 8000, maxLoadTimeMs: 30000, timeoutRetry: retry, errorRetry: retry } };
  }

  function apply() {
    var screen = state.screen, what = [screen.lesson, screen.source, screen.run].join('|');
    show(document.getElementById('idle'), !screen.lesson);
    show(video, !!screen.lesson && screen.source !== 'kit');
    show(kit, screen.source === 'kit');
    if (what !== shown) {
      shown = what;
      if (!screen.lesson || screen.source === 'kit') { stop(); } else { attach('/live/' + screen.lesson + '/index.m3u8', screen.source === 'replay', typeof screen.from === 'number' ? screen.from : null); }
      if (screen.source === 'kit') { loadKit(screen.lesson); }
    }
    if (screen.source !== 'kit' || screen.paused) { voice.pause(); voice.removeAttribute('src'); }
    if (screen.source === 'kit' && !screen.paused) { showItem(); }
    else if (screen.lesson) {
      if (screen.paused) { video.pause(); } else if (video.paused && video.readyState > 1) { play(); }
    }
    var strip = document.getElementById('strip');
    strip.textContent = screen.strip || '';
    show(strip, !!screen.strip);
    show(document.getElementById('help'), screen.overlay === 'help');
    show(document.getElementById('qr'), screen.overlay === 'status-qr');
    document.body.setAttribute('data-lesson', screen.lesson || '');
    document.body.setAttribute('data-source', screen.source || '');
  }

  function loadKit(lesson) {
    items = [];
    sounds = [];
    get('/lesson/' + lesson + '/kit.json', function (text) {
      var answer = JSON.parse(text);
      items = answer.pictures;
      sounds = answer.sounds || [];
      showItem();
    });
  }

  /* The sound that was made for the picture of the kit, if there is one. */
  function speak(second) {
    var i, src = '';
    for (i = 0; i < sounds.length; i++) { if (sounds[i].second === second) { src = sounds[i].src; } }
    if (!src || voice.getAttribute('src') === src) { return; }
    voice.src = src;
    var promise = voice.play();
    if (promise && promise.catch) { promise.catch(function () {}); }
  }

  /* What the teacher draws; it belongs to the lesson on the screen. */
  function askBoard() {
    if (!state || !state.screen.lesson) { wipe(); setTimeout(askBoard, 1000); return; }
    get('/screen/board.json', function (text) {
      var drawn = JSON.parse(text), key = drawn.version + '|' + state.screen.lesson, i, line;
      if (key !== boardShown) {
        wipe();
        boardShown = key;
        for (i = 0; i < drawn.lines.length && drawn.lesson === state.screen.lesson; i++) {
          line = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
          line.setAttribute('points', drawn.lines[i].join(' '));
          board.appendChild(line);
        }
      }
      setTimeout(askBoard, 500);
    }, function () { setTimeout(askBoard, 2000); });
  }

  function wipe() {
    boardShown = '';
    while (board.firstChild) { board.removeChild(board.firstChild); }
  }

  function showItem() {
    if (items.length && state.screen.source === 'kit') {
      var src = items[Math.min(state.screen.item, items.length - 1)].src;
      if (kit.getAttribute('src') !== src) { kit.src = src; }
      speak(items[Math.min(state.screen.item, items.length - 1)].second);
    }
  }

  function get(address, done, failed) {
    var r = new XMLHttpRequest();
    r.open('GET', address);
    r.onload = function () { if (r.status === 200) { done(r.responseText); } else if (failed) { failed(); } };
    r.onerror = function () { if (failed) { failed(); } };
    r.send();
  }

  function ask() {
    get('/panel/state.json' + (state ? '?after=' + state.version : ''), function (text) {
      var next = JSON.parse(text), other = next.language !== document.documentElement.lang;
      var code = state && next.screen.overlay === 'status-qr' && state.screen.overlay !== 'status-qr';
      state = next;
      if (other) { location.reload(); return; }
      if (code) { get('/screen/status.svg', function (svg) { document.getElementById('code').innerHTML = svg; }); }
      apply();
      ask();
    }, function () { setTimeout(ask, 1000); });
  }

  function clock() {
    var now = new Date();
    document.getElementById('clock').textContent = ('0' + now.getHours()).slice(-2) + ':' + ('0' + now.getMinutes()).slice(-2);
    setTimeout(clock, 5000);
  }

  ask();
  askBoard();
  clock();
}());
