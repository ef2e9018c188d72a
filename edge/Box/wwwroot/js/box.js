/* What every page gains with script: answers that are saved without leaving the page, and parts that renew themselves. ES5.
   form[data-save]: sent in the background, again and again until the box says yes. Its .saved shows how it stands:
     data-sending and data-again are the texts until the box answers in its own words.
   [data-renew="/address"][data-every="10"]: its content is fetched anew every so many seconds. */
(function () {
  'use strict';
  if (!window.XMLHttpRequest || !document.addEventListener) { return; }

  function each(selector, act) { Array.prototype.forEach.call(document.querySelectorAll(selector), act); }

  function encode(form, pressed) {
    var parts = [];
    if (pressed && pressed.name) { parts.push(encodeURIComponent(pressed.name) + '=' + encodeURIComponent(pressed.value)); }
    Array.prototype.forEach.call(form.elements, function (field) {
      if (!field.name || field.disabled || field.type === 'submit' || field.type === 'file' || ((field.type === 'radio' || field.type === 'checkbox') && !field.checked)) { return; }
      parts.push(encodeURIComponent(field.name) + '=' + encodeURIComponent(field.value));
    });
    return parts.join('&');
  }

  /* One nonce per filled-in form: however often it is sent, the box keeps it once. */
  function nonce() {
    var text = '';
    while (text.length < 32) { text += Math.floor(Math.random() * 65536).toString(16); }
    return text.slice(0, 32);
  }

  /* Class and seat stay filled in for a lesson and the way to it, also when the battery gives out: phones are shared. */
  function rememberSeat(form) {
    var room = form.querySelector('[name=class]'), seat = form.querySelector('[name=seat]');
    if (room && seat) { document.cookie = 'seat=' + encodeURIComponent(room.value) + '/' + seat.value + '; max-age=5400; path=/; SameSite=Lax'; }
  }

  /* What the box has not said "saved" to is kept on the phone, and sent when a page is opened again: a battery may give out, a pupil may leave the page.
     The nonce makes it one item however often it is sent. */
  function owed() { try { return JSON.parse(localStorage.getItem('owed')) || {}; } catch (e) { return {}; } }
  function keepOwed(all) { try { localStorage.setItem('owed', JSON.stringify(all)); } catch (e) { /* private browsing: the open page still tries */ } }
  function owe(name, to, body, data) {
    var all = owed();
    all[name] = { to: to, body: body };
    keepOwed(all);
    try { if (data) { localStorage.setItem('file-' + name, data); } } catch (e) { /* too long for this phone: the open page still tries */ }
  }
  function paid(name) {
    var all = owed();
    delete all[name];
    keepOwed(all);
    try { localStorage.removeItem('file-' + name); } catch (e) { /* as above */ }
  }
  function dataOf(name) { try { return localStorage.getItem('file-' + name); } catch (e) { return null; } }
  function payAll() {
    var all = owed();
    Object.keys(all).forEach(function (name) {
      deliver(name, all[name].to, all[name].body, dataOf(name), function (status) { if (status === 201 || isRefused(status)) { paid(name); } });
    });
  }

  function isRefused(status) { return status >= 400 && status < 500 && status !== 408 && status !== 429; }

  /* done(status, text); status 0: no answer. */
  function post(to, body, done) {
    var r = new XMLHttpRequest();
    r.open('POST', to);
    r.timeout = 10000;
    r.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
    r.setRequestHeader('Accept', 'application/json');
    r.onload = function () { done(r.status, r.responseText); };
    r.onerror = r.ontimeout = function () { done(0, ''); };
    r.send(body);
  }

  /* A photo or sound goes in pieces, before the form that names it. The box says how much it holds; we go on there. */
  var PIECE = 65536, LONG_SIDE = 1280;

  function fileOf(form) {
    var found = null;
    Array.prototype.forEach.call(form.elements, function (field) { if (field.files && field.files.length) { found = found || field.files[0]; } });
    return found;
  }

  /* done(data): as a data address; photos made small, which also leaves out where they were taken. */
  function read(file, done) {
    if (!file) { done(null); return; }
    function asIs() {
      var reader = new FileReader();
      reader.onload = function () { done(reader.result); };
      reader.onerror = function () { done(null); };
      reader.readAsDataURL(file);
    }
    if (file.type.indexOf('image/') !== 0 || !window.URL) { asIs(); return; }
    var picture = new Image();
    picture.onerror = asIs;
    picture.onload = function () {
      var canvas = document.createElement('canvas'), scale = Math.min(1, LONG_SIDE / Math.max(picture.naturalWidth, picture.naturalHeight));
      canvas.width = Math.max(1, Math.round(picture.naturalWidth * scale));
      canvas.height = Math.max(1, Math.round(picture.naturalHeight * scale));
      canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
      URL.revokeObjectURL(picture.src);
      done(canvas.toDataURL('image/jpeg', 0.7));
    };
    picture.src = URL.createObjectURL(file);
  }

  function sendPieces(name, bytes, done) {
    function ask(offset) {
      var r = new XMLHttpRequest(), path = '/attachment/' + name;
      r.open(offset < 0 ? 'GET' : 'PUT', offset < 0 ? path : path + '?offset=' + offset + '&length=' + bytes.length);
      r.timeout = 20000;
      r.onload = function () {
        if (r.status !== 200 && r.status !== 409) { done(r.status, r.responseText); return; }
        var held = JSON.parse(r.responseText).held;
        if (held === bytes.length) { done(200, ''); } else { ask(held); }
      };
      r.onerror = r.ontimeout = function () { done(0, ''); };
      if (offset < 0) { r.send(); } else { r.send(bytes.subarray(offset, offset + PIECE)); }
    }
    ask(-1);
  }

  /* The form, after what goes with it. Where the box lost the pieces they are sent again. */
  function deliver(name, to, body, data, done) {
    if (!data) { post(to, body, done); return; }
    var text = atob(data.slice(data.indexOf(',') + 1)), bytes = new Uint8Array(text.length);
    for (var i = 0; i < text.length; i++) { bytes[i] = text.charCodeAt(i); }
    sendPieces(name, bytes, function (status, words) {
      if (status !== 200) { done(status, words); return; }
      post(to, body + '&attachment=' + name + '&attachment-bytes=' + bytes.length, function (said, reply) { done(said === 409 ? 0 : said, reply); });
    });
  }

  function keep(form) {
    var busy = false, pressed = null, saved = form.querySelector('.saved'), key = form.querySelector('[name=nonce]');
    function tell(text, css) { saved.textContent = text; saved.className = 'saved ' + css; }
    form.addEventListener('click', function (event) { if (event.target.type === 'submit') { pressed = event.target; } });
    form.addEventListener('submit', function (event) {
      var file = fileOf(form);
      /* An engine that cannot read files sends the form itself. */
      if (file && !(window.FileReader && window.Uint8Array && window.atob)) { return; }
      event.preventDefault();
      if (busy) { return; }
      busy = true;
      key.value = nonce();
      rememberSeat(form);
      var body = encode(form, pressed), to = pressed && pressed.getAttribute('formaction') || form.getAttribute('action'), wait = 1000;
      pressed = null;
      tell(form.getAttribute('data-sending'), '');
      var data = null;
      function again() { tell(form.getAttribute('data-again'), 'waiting'); setTimeout(send, wait); wait = Math.min(wait * 2, 15000); }
      function send() {
        deliver(key.value, to, body, data, function (status, text) {
          if (status === 201) {
            paid(key.value);
            busy = false;
            tell(JSON.parse(text).message, 'yes');
            each('textarea, input[type=file]', function (t) { if (t.form === form) { t.value = ''; } });
            each('[data-renew]', renew);
          } else if (isRefused(status)) {
            paid(key.value);
            busy = false;
            tell(text, 'no');
          } else { again(); }
        });
      }
      read(file, function (made) { data = made; owe(key.value, to, body, data); send(); });
    });
  }

  function renew(part) {
    var r = new XMLHttpRequest();
    r.open('GET', part.getAttribute('data-renew'));
    r.onload = function () { if (r.status === 200 && part.innerHTML !== r.responseText) { part.innerHTML = r.responseText; } };
    r.send();
  }

  function start() {
    payAll();
    each('form[data-save]', keep);
    each('[data-renew]', function (part) {
      setInterval(function () { if (!document.hidden) { renew(part); } }, (parseInt(part.getAttribute('data-every'), 10) || 10) * 1000);
    });
  }

  if (document.readyState === 'loading') { document.addEventListener('DOMContentLoaded', start); } else { start(); }
}());
