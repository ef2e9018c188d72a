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
  function owe(name, to, body) { var all = owed(); all[name] = { to: to, body: body }; keepOwed(all); }
  function paid(name) { var all = owed(); delete all[name]; keepOwed(all); }
  function payAll() {
    var all = owed();
    Object.keys(all).forEach(function (name) {
      post(all[name].to, all[name].body, function (status) { if (status === 201 || isRefused(status)) { paid(name); } });
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

  function keep(form) {
    var busy = false, pressed = null, saved = form.querySelector('.saved'), key = form.querySelector('[name=nonce]');
    function tell(text, css) { saved.textContent = text; saved.className = 'saved ' + css; }
    form.addEventListener('click', function (event) { if (event.target.type === 'submit') { pressed = event.target; } });
    form.addEventListener('submit', function (event) {
      /* What has a file the browser itself sends. */
      if (Array.prototype.some.call(form.elements, function (field) { return field.files && field.files.length; })) { return; }
      event.preventDefault();
      if (busy) { return; }
      busy = true;
      key.value = nonce();
      rememberSeat(form);
      var body = encode(form, pressed), to = pressed && pressed.getAttribute('formaction') || form.getAttribute('action'), wait = 1000;
      pressed = null;
      owe(key.value, to, body);
      tell(form.getAttribute('data-sending'), '');
      function again() { tell(form.getAttribute('data-again'), 'waiting'); setTimeout(send, wait); wait = Math.min(wait * 2, 15000); }
      function send() {
        post(to, body, function (status, text) {
          if (status === 201) {
            paid(key.value);
            busy = false;
            tell(JSON.parse(text).message, 'yes');
            each('textarea', function (t) { if (t.form === form) { t.value = ''; } });
            each('[data-renew]', renew);
          } else if (isRefused(status)) {
            paid(key.value);
            busy = false;
            tell(text, 'no');
          } else { again(); }
        });
      }
      send();
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
