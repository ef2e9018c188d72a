/* Plays a lesson, live or recorded, and never gives up. ES5; needs nothing from outside the box.

   The page gives:
     <div id="lesson"
          data-list="/live/ID/index.m3u8"      the lesson's playlist
          data-state="/live/ID/state.json"     how it stands: {"stage":"notStarted|live|lost|ended","lostForSeconds":n,"edgeSecond":n}
          data-kit="/lesson/ID/kit.json"       what stands in, and cue points; may be left out:
                                               {"pictures":[{"src":"/…","second":0},…],"sounds":[same],"cues":[{"second":0,"text":"…","href":"/…" or null},…]}
          data-hls="/assets/lib/hls.light.min.….js"
          data-sounds="/live/ID/sounds.json"   languages to hear it in: [{"language":"eng","name":"English"},…]; may be left out, with the next three
          data-main="/live/ID/main.m3u8"       the list to play when there are several
          data-captions="/live/ID/captions.json"   languages to read it in, the same form; may be left out
          data-hls-full="/assets/lib/hls.min.….js"   the player that can choose
          data-text-sounds="…"                 names the choice for who cannot see it
          data-text-captions="…"               the same of captions
          data-text-captions-off="…"           the button for none
          data-text-waiting="…"                the lesson has not begun
          data-text-loading="…"                the picture is on its way
          data-text-stored="…"                 stored copy, live will return
          data-text-unplayable="…">            this browser cannot play it
       <video id="lesson-video" playsinline></video>
       <div id="lesson-kit" hidden></div>      gets the picture and, in .strip, the stored-copy line; pictures may also stand in it as <img data-second="40" src="…" hidden>
       <p id="lesson-caption" hidden></p>      gets the caption that is spoken now
       <p id="lesson-cue" hidden></p>          gets what the class does now: text, and a link [data-open] to its item
       <p id="lesson-note" role="status"></p>  gets waiting, loading, unplayable
       <p id="lesson-back" hidden>             shown when live is back and something was missed; has data-act="live" and data-act="catch-up"
       <button data-act="play"> <button data-act="start"> <button data-act="back"> <button data-act="live">
     </div>
     anywhere: <a href="…" data-second="75">               goes to that second of the lesson; so does #t=75 in the page's address
     anywhere: <input type="hidden" data-lesson-second>   gets the second of the lesson that is on screen, every second
   The page gets back:
     #lesson[data-mode]   waiting · playing · paused · loading · kit
     #lesson[data-stage]  as in state.json
     #lesson[data-live]   yes while the newest picture is followed
     event "lessonsecond" on document, detail = the second
   Second 0 is the lesson's first picture; seconds count on through outages of the camera (program date-time). */
(function () {
  'use strict';
  var root = document.getElementById('lesson');
  var video = document.getElementById('lesson-video');
  if (!root || !video || !window.XMLHttpRequest) { return; }

  var kit = document.getElementById('lesson-kit');
  var note = document.getElementById('lesson-note');
  var back = document.getElementById('lesson-back');
  var TICK = 250, FROZEN = 1500, SLOW = 4000;      /* ms: look; freeze until the kit shows; wait until "loading" is said */
  var BEHIND_EDGE = 6, CATCH_UP_FROM = 10, CATCH_UP_TO = 7, CATCH_UP_RATE = 1.05;   /* seconds behind the newest picture */
  var MISSED = 15, MISSED_RATE = 1.15;             /* seconds behind after an outage that are worth a question; what was missed, when somebody wants it */
  var sounds = [], sound = 0, captions = [], caption = remembered('caption'), captionBox = document.getElementById('lesson-caption'), full = false, playsMain = false, askingCaptions = null;
  var fragments = [], askedSecond = Number((/^#t=(\d{1,6})$/.exec(location.hash) || [])[1] || -1);
  var hls = null, firstDate = null, pictures = [], voices = [], cues = [], voice = null, stage = '', following = true, wanted = true;
  var shownAt = now(), shownTime = -1, frozenSecond = 0, kitOn = false, lastSecond = -1, recoveredAt = 0;
  var askBack = false, catching = false;

  function now() { return window.performance && performance.now ? performance.now() : new Date().getTime(); }
  function text(name) { return root.getAttribute('data-text-' + name) || ''; }
  function set(name, value) { if (root.getAttribute(name) !== value) { root.setAttribute(name, value); } }
  function say(words) { if (note && note.textContent !== words) { note.textContent = words; } }

  function get(address, timeout, done) {
    var r = new XMLHttpRequest(), over = false;
    function end(status, body) { if (!over) { over = true; done(status, body); } }
    r.open('GET', address);
    r.timeout = timeout;
    r.onload = function () { end(r.status, r.responseText); };
    r.onerror = r.ontimeout = r.onabort = function () { end(0, ''); };
    r.send();
  }

  /* What was chosen on this phone; some browsers keep nothing. */
  function remembered(name) { try { return localStorage.getItem('lesson-' + name) || ''; } catch (e) { return ''; } }
  function remember(name, value) { try { localStorage.setItem('lesson-' + name, value); } catch (e) { /* it holds for this page */ } }

  function json(body) { try { return JSON.parse(body); } catch (e) { return null; } }

  /* ---- the lesson's second ---- */

  function second() {
    if (kitOn) { return frozenSecond + (now() - shownAt) / 1000; }
    if (hls && hls.playingDate && firstDate !== null) { return (hls.playingDate.getTime() - firstDate) / 1000; }
    return video.currentTime || 0;
  }

  function tellSecond() {
    var value = Math.max(0, Math.floor(second())), fields, i, event;
    if (value === lastSecond) { return; }
    lastSecond = value;
    showCue(value);
    fields = document.querySelectorAll('[data-lesson-second]');
    for (i = 0; i < fields.length; i++) { fields[i].value = value; }
    event = document.createEvent('CustomEvent');
    event.initCustomEvent('lessonsecond', false, false, value);
    document.dispatchEvent(event);
  }

  /* ---- the kit ---- */

  function addPicture(src, at) {
    var image = new Image();
    image.src = src;              /* fetched now: it must be here when the box is not */
    pictures.push({ src: src, second: at });
    pictures.sort(function (a, b) { return a.second - b.second; });
  }

  function loadKit() {
    var address = root.getAttribute('data-kit'), own = kit ? kit.querySelectorAll('img[data-second]') : [], i;
    for (i = 0; i < own.length; i++) { addPicture(own[i].getAttribute('src'), Number(own[i].getAttribute('data-second')) || 0); }
    function ask() {
      get(address, 10000, function (status, body) {
        var answer = status === 200 ? json(body) : null, i;
        if (answer && answer.pictures) {
          for (i = 0; i < answer.pictures.length; i++) { addPicture(answer.pictures[i].src, answer.pictures[i].second); }
          voices = answer.sounds || [];
          cues = answer.cues || [];
          lastSecond = -1;
        } else if (status !== 404) { setTimeout(ask, 10000); }
      });
    }
    if (address) { ask(); }
  }

  /* The last of a list, in the order of its seconds, that has begun. */
  function begun(list, at) {
    var best = null, i;
    for (i = 0; i < list.length; i++) { if (list[i].second <= at) { best = list[i]; } }
    return best;
  }

  /* The stored voice, from the place where the lesson stands. */
  function speak(at) {
    var sound = begun(voices, at);
    if (!sound || (voice && voice.src.slice(-sound.src.length) === sound.src)) { return; }
    hush();
    voice = new Audio(sound.src);
    voice.addEventListener('loadedmetadata', function () { if (this === voice && at - sound.second < voice.duration) { voice.currentTime = at - sound.second; } });
    var promise = voice.play();
    if (promise && promise['catch']) { promise['catch'](function () {}); }
  }

  function hush() { if (voice) { voice.pause(); voice = null; } }

  function showCue(at) {
    var box = document.getElementById('lesson-cue'), cue = begun(cues, at), link;
    if (!box) { return; }
    box.hidden = !cue;
    if (!cue || box.getAttribute('data-second') === String(cue.second)) { return; }
    box.setAttribute('data-second', cue.second);
    box.textContent = cue.text;
    if (cue.href) {
      link = document.createElement('a');
      link.className = 'button quiet';
      link.href = cue.href;
      link.textContent = box.getAttribute('data-open');
      box.appendChild(document.createTextNode(' '));
      box.appendChild(link);
    }
  }

  function showKit() {
    var at = second(), best = null, i, image, strip;
    if (!kit) { return; }
    if (!kitOn) {
      frozenSecond = at;
      kitOn = true;
    }
    at = second();
    for (i = 0; i < pictures.length; i++) { if (best === null || pictures[i].second <= at) { best = pictures[i]; } }
    image = kit.querySelector('img.now');
    if (!image) {
      image = document.createElement('img');
      image.className = 'now';
      image.alt = '';
      kit.appendChild(image);
    }
    strip = kit.querySelector('.strip');
    if (!strip) {
      strip = document.createElement('p');
      strip.className = 'strip';
      strip.setAttribute('role', 'status');
      kit.appendChild(strip);
    }
    image.hidden = best === null;
    if (best !== null && image.getAttribute('src') !== best.src) { image.src = best.src; }
    if (strip.textContent !== text('stored')) { strip.textContent = text('stored'); }
    kit.hidden = false;
    speak(at);
  }

  function hideKit() {
    if (!kitOn) { return; }
    kitOn = false;
    kit.hidden = true;
    hush();
    askBack = true;
  }

  /* ---- how the lesson stands ---- */

  function askState() {
    get(root.getAttribute('data-state'), 1000, function (status, body) {
      var answer = status === 200 ? json(body) : null;
      /* A box that does not answer is no better than a lost picture. */
      stage = answer ? answer.stage : 'lost';
      set('data-stage', stage);
      setTimeout(askState, wanted && now() - shownAt > 700 ? 300 : 2000);
    });
  }

  /* ---- places in the lesson ---- */

  function edge() {
    if (hls && hls.liveSyncPosition) { return hls.liveSyncPosition; }
    return video.seekable && video.seekable.length ? Math.max(0, video.seekable.end(video.seekable.length - 1) - BEHIND_EDGE) : 0;
  }

  /* The player's time of a second of the lesson; in a hole, where it goes on. */
  function timeOf(second) {
    var i, at;
    for (i = 0; i < fragments.length; i++) {
      at = firstDate !== null && fragments[i].programDateTime ? (fragments[i].programDateTime - firstDate) / 1000 : fragments[i].start;
      if (second < at + fragments[i].duration) { return fragments[i].start + Math.max(0, second - at); }
    }
    return second;
  }

  document.addEventListener('click', function (event) {
    var link = event.target;
    while (link && link !== document && !(link.getAttribute && link.tagName === 'A')) { link = link.parentNode; }
    if (!link || link === document || link.getAttribute('data-second') === null) { return; }
    event.preventDefault();
    go(timeOf(Number(link.getAttribute('data-second'))), false);
    video.scrollIntoView();
  });

  function go(time, follow) {
    following = follow;
    wanted = true;
    hideKit();
    askBack = catching = false;
    shownAt = now();
    try { video.currentTime = Math.max(0, time); } catch (e) { /* nothing is loaded yet */ }
    play();
  }

  function play() {
    var promise;
    wanted = true;
    promise = video.play();
    /* Browsers refuse sound before the first touch; the play button stands ready. */
    if (promise && promise['catch']) { promise['catch'](function () { if (video.paused && !kitOn) { wanted = false; set('data-mode', 'paused'); } }); }
  }

  root.addEventListener('click', function (event) {
    var act = event.target.getAttribute && event.target.getAttribute('data-act');
    if (act === 'play') {
      if (video.paused) { play(); } else { wanted = false; video.pause(); }
    } else if (act === 'start') { go(0, false);
    } else if (act === 'back') { go(video.currentTime - 30, false);
    } else if (act === 'live') { go(edge(), true);
    } else if (act === 'catch-up') {
      askBack = false;
      catching = following = true;
    }
  });

  /* ---- the heartbeat ---- */

  function tick() {
    var time = video.currentTime, behind, frozen;
    if (time !== shownTime) {
      shownTime = time;
      shownAt = now();
      if (kitOn) { hideKit(); }
    }
    frozen = now() - shownAt;
    if (!wanted || video.ended) {
      set('data-mode', 'paused');
      shownAt = now();
    } else if (frozen < FROZEN) {
      if (shownTime > 0) { set('data-mode', 'playing'); say(''); }
    } else if (shownTime > 0 && stage === 'lost') {
      showKit();
      set('data-mode', 'kit');
      say('');
    } else if (frozen > SLOW && !kitOn) {
      set('data-mode', stage === 'notStarted' ? 'waiting' : 'loading');
      say(text(stage === 'notStarted' ? 'waiting' : 'loading'));
    } else if (kitOn) { showKit(); }

    behind = hls && typeof hls.latency === 'number' ? hls.latency : 0;
    if (following && stage === 'live' && behind > CATCH_UP_FROM) { video.playbackRate = catching ? MISSED_RATE : CATCH_UP_RATE; }
    else if (!following || behind < CATCH_UP_TO || stage !== 'live') {
      video.playbackRate = 1;
      if (stage === 'live' && behind < CATCH_UP_TO) { askBack = catching = false; }
    }
    if (back) { back.hidden = !(askBack && stage === 'live' && !kitOn && behind > MISSED); }
    set('data-live', following && stage === 'live' && !kitOn ? 'yes' : 'no');
    tellSecond();
    tellCaption();
  }

  /* ---- playing ---- */

  function forever(first, most) { return { maxNumRetry: 1000000, retryDelayMs: first, maxRetryDelayMs: most, backoff: 'linear' }; }

  function policy(firstByte, whole) {
    return { 'default': { maxTimeToFirstByteMs: firstByte, maxLoadTimeMs: whole, timeoutRetry: forever(0, 1000), errorRetry: forever(500, 2000) } };
  }

  function start() {
    var at = shownTime > 0 && !following ? shownTime : -1;
    hls = new window.Hls({
      startPosition: at,
      liveSyncDuration: BEHIND_EDGE,
      maxBufferLength: 30,
      backBufferLength: 60,
      manifestLoadPolicy: policy(5000, 10000),
      playlistLoadPolicy: policy(5000, 10000),
      fragLoadPolicy: policy(5000, 30000)
    });
    hls.on(window.Hls.Events.LEVEL_UPDATED, function (_, data) {
      var first = data.details.fragments[0];
      if (first && first.programDateTime) { firstDate = first.programDateTime; }
      fragments = data.details.fragments;
      if (askedSecond >= 0) {
        go(timeOf(askedSecond), false);
        askedSecond = -1;
      }
    });
    hls.on(window.Hls.Events.ERROR, function (_, data) {
      if (!data.fatal) { return; }
      if (data.type === window.Hls.ErrorTypes.MEDIA_ERROR && now() - recoveredAt > 5000) {
        recoveredAt = now();
        hls.recoverMediaError();
        return;
      }
      /* Whatever it was: begin afresh where we stood. */
      hls.destroy();
      hls = null;
      setTimeout(waitForList, 1000);
    });
    hls.on(window.Hls.Events.MANIFEST_PARSED, function () { useSound(); useCaption(); });
    hls.on(window.Hls.Events.SUBTITLE_TRACKS_UPDATED, useCaption);
    hls.attachMedia(video);
    playsMain = full && (sounds.length > 1 || caption !== '' && hasCaption());
    hls.loadSource(root.getAttribute(playsMain ? 'data-main' : 'data-list'));
    if (wanted) { play(); }
  }

  function startNative() {
    var list = root.getAttribute(captions.length || sounds.length > 1 ? 'data-main' : 'data-list');
    video.src = list;
    video.addEventListener('error', function () {
      var at = shownTime;
      setTimeout(function () {
        video.src = list;
        video.addEventListener('loadedmetadata', function once() {
          video.removeEventListener('loadedmetadata', once);
          if (at > 0) { video.currentTime = at; }
          if (wanted) { play(); }
        });
      }, 2000);
    });
    play();
  }

  /* Players give up on a first list that is not there; so it is asked for here until it is. */
  function waitForList() {
    get(root.getAttribute('data-list'), 10000, function (status) {
      if (status === 200) {
        askSounds(function () { if (window.Hls && window.Hls.isSupported()) { start(); } else { startNative(); } });
      } else {
        if (shownTime <= 0) {
          set('data-mode', 'waiting');
          say(text('waiting'));
        }
        setTimeout(waitForList, 1000 + Math.random() * 1000);
      }
    });
  }

  /* ---- languages ---- */

  function useSound() { if (hls && sounds.length > 1 && hls.audioTracks.length > sound) { hls.audioTrack = sound; } }

  function press(group, index) {
    var buttons = document.querySelectorAll('#' + group + ' button'), i;
    for (i = 0; i < buttons.length; i++) { buttons[i].setAttribute('aria-pressed', i === index ? 'true' : 'false'); }
  }

  function chooseSound(index) {
    sound = index;
    remember('sound', sounds[index].language);
    press('lesson-sounds', index);
    useSound();
  }

  /* A row of buttons; names are in the languages themselves. */
  function showChoice(group, words, list, choose) {
    var box = document.getElementById(group), i, button;
    if (box) { root.removeChild(box); }
    box = document.createElement('div');
    box.id = group;
    box.className = 'controls';
    box.setAttribute('role', 'group');
    box.setAttribute('aria-label', words);
    for (i = 0; i < list.length; i++) {
      button = document.createElement('button');
      button.type = 'button';
      button.className = 'quiet';
      button.textContent = list[i].name;
      if (list[i].language) { button.setAttribute('lang', list[i].language); }
      button.addEventListener('click', choose.bind(null, i));
      box.appendChild(button);
    }
    root.appendChild(box);
  }

  /* Most lessons have one language and no captions, and the small player. */
  function askSounds(done) {
    var address = root.getAttribute('data-sounds');
    if (!address || sounds.length > 1) { askCaptions(done); return; }
    get(address, 3000, function (status, body) {
      var i, kept = remembered('sound');
      sounds = (status === 200 ? json(body) : null) || [];
      if (sounds.length < 2 || !window.Hls) { askCaptions(done); return; }
      for (i = 0; i < sounds.length; i++) { if (sounds[i].language === kept) { sound = i; } }
      loadFull(function () {
        showChoice('lesson-sounds', text('sounds'), sounds, chooseSound);
        press('lesson-sounds', sound);
        askCaptions(done);
      });
    });
  }

  function loadFull(done) {
    if (full || !window.Hls) { done(); return; }
    loadScript('data-hls-full', function () { full = true; done(); });
  }

  /* ---- captions ---- */

  function placeOf(language) {
    for (var i = 0; i < captions.length; i++) { if (captions[i].language === language) { return i; } }
    return -1;
  }

  function hasCaption() { return placeOf(caption) >= 0; }

  /* The first caption may be written long after the lesson began: they are looked for until it is over. */
  function askCaptions(done) {
    var address = root.getAttribute('data-captions');
    function then() { if (done) { done(); done = null; } }
    if (!address) { then(); return; }
    get(address, 3000, function (status, body) {
      var list = (status === 200 ? json(body) : null) || [], more = list.length > captions.length;
      if (more) {
        captions = list;
        showChoice('lesson-captions', text('captions'), captions.concat([{ name: text('captions-off') }]), chooseCaption);
        press('lesson-captions', hasCaption() ? placeOf(caption) : captions.length);
      }
      if (askingCaptions) { clearTimeout(askingCaptions); }
      askingCaptions = stage === 'ended' ? null : setTimeout(askCaptions, 10000);
      if (more && hasCaption()) { loadFull(function () { if (done) { then(); } else { reopen(); } }); } else { then(); }
    });
  }

  function chooseCaption(index) {
    caption = index < captions.length ? captions[index].language : '';
    remember('caption', caption);
    press('lesson-captions', index);
    if (caption && hls && trackOf(caption) < 0) { loadFull(reopen); } else { useCaption(); }
  }

  function trackOf(language) {
    for (var i = 0; playsMain && hls && hls.subtitleTracks && i < hls.subtitleTracks.length; i++) { if (hls.subtitleTracks[i].lang === language) { return i; } }
    return -1;
  }

  /* The list with captions in it, from where the lesson stands. */
  function reopen() {
    if (!hls) { return; }
    hls.destroy();
    start();
  }

  /* Cues are shown by the page: large, below one another, never over the kit. */
  function useCaption() {
    var track = trackOf(caption);
    if (!hls || !playsMain) { return; }
    hls.subtitleDisplay = false;
    if (hls.subtitleTrack !== track) { hls.subtitleTrack = track; }
  }

  function tellCaption() {
    var words = '', i, j, track, cues;
    if (!captionBox) { return; }
    for (i = 0; caption && video.textTracks && i < video.textTracks.length; i++) {
      track = video.textTracks[i];
      if (track.language !== caption || track.kind === 'metadata') { continue; }
      /* hls.js lets go of a track that was chosen before it stood in the page; this chooses it again, and is the choice in a player of the browser's own. */
      if (track.mode !== 'hidden') { track.mode = 'hidden'; }
      cues = track.activeCues;
      for (j = 0; cues && j < cues.length; j++) { words += (words ? '\n' : '') + (cues[j].getCueAsHTML ? cues[j].getCueAsHTML().textContent : cues[j].text); }
    }
    if (kitOn) { words = ''; }
    if (captionBox.textContent !== words) { captionBox.textContent = words; captionBox.lang = caption; }
    captionBox.hidden = !words;
  }

  function loadPlayer(done) {
    if (!window.MediaSource && !window.ManagedMediaSource && !window.WebKitMediaSource) { done(); return; }
    loadScript('data-hls', done);
  }

  function loadScript(name, done) {
    var script = document.createElement('script');
    script.src = root.getAttribute(name);
    script.onload = done;
    script.onerror = function () {
      document.head.removeChild(script);
      setTimeout(function () { loadScript(name, done); }, 2000);
    };
    document.head.appendChild(script);
  }

  loadKit();
  loadPlayer(function () {
    if (!(window.Hls && window.Hls.isSupported()) && !video.canPlayType('application/vnd.apple.mpegurl')) {
      say(text('unplayable'));
      return;
    }
    askState();
    waitForList();
    setInterval(tick, TICK);
  });
}());
