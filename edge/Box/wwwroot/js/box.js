/* What every page gains with script: answers that are saved without leaving the page, and parts that renew themselves. ES5.
   form[data-save]: sent in the background, again and again until the box says yes. Its .saved shows how it stands:
     data-sending and data-again are the texts until the box answers in its own words.
   [data-renew="/address"][data-every="10"]: its content is fetched anew every so many seconds. */
(function () {
  'use strict';
  if (!window.XMLHttpRequest || !document.addEventListener) { return; }

  function each(selector, act) { Array.prototype.forEach.call(document.querySelectorAll(selector), act); }

  function encode(form) {
    var parts = [];
    Array.prototype.forEach.call(form.elements, function (field) {
      if (!field.name || field.disabled || ((field.type === 'radio' || field.type === 'checkbox') && !field.checked)) { return; }
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

  /* Class and seat stay filled in until this browser is closed: phones are shared. */
  function rememberSeat(form) {
    var room = form.querySelector('[name=class]'), seat = form.querySelector('[name=seat]');
    if (room && seat) { document.cookie = 'seat=' + encodeURIComponent(room.value) + '/' + seat.value + '; path=/; SameSite=Lax'; }
  }

  function keep(form) {
    var busy = false, saved = form.querySelector('.saved'), key = form.querySelector('[name=nonce]');
    function tell(text, css) { saved.textContent = text; saved.className = 'saved ' + css; }
    form.addEventListener('submit', function (event) {
      event.preventDefault();
      if (busy) { return; }
      busy = true;
      key.value = nonce();
      rememberSeat(form);
      var body = encode(form), wait = 1000;
      tell(form.getAttribute('data-sending'), '');
      function again() { tell(form.getAttribute('data-again'), 'waiting'); setTimeout(send, wait); wait = Math.min(wait * 2, 15000); }
      function send() {
        var r = new XMLHttpRequest();
        r.open('POST', form.action);
        r.timeout = 10000;
        r.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
        r.setRequestHeader('Accept', 'application/json');
        r.onload = function () {
          if (r.status === 201) {
            busy = false;
            tell(JSON.parse(r.responseText).message, 'yes');
            each('textarea', function (t) { if (t.form === form) { t.value = ''; } });
            each('[data-renew]', renew);
          } else if (r.status >= 400 && r.status < 500 && r.status !== 408 && r.status !== 429) {
            busy = false;
            tell(r.responseText, 'no');
          } else { again(); }
        };
        r.onerror = again;
        r.ontimeout = again;
        r.send(body);
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
    each('form[data-save]', keep);
    each('[data-renew]', function (part) {
      setInterval(function () { if (!document.hidden) { renew(part); } }, (parseInt(part.getAttribute('data-every'), 10) || 10) * 1000);
    });
  }

  if (document.readyState === 'loading') { document.addEventListener('DOMContentLoaded', start); } else { start(); }
}());
