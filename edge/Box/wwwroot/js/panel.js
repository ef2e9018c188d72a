/* The panel on a page: asks for the next state and lets the lamps blink as those of the box do.
   Without script the page still shows the state of its making, and the buttons are plain forms. ES5. */
(function () {
  'use strict';
  var root = document.getElementById('panel');
  if (!root || !window.XMLHttpRequest || !window.JSON) { return; }
  var state = null, skew = 0;

  function byId(id) { return document.getElementById(id); }
  function say(id, text) { var e = byId(id); if (e && e.textContent !== text) { e.textContent = text; } }

  function show() {
    state.lamps.forEach(function (lamp) {
      say('lamp-' + lamp.lamp + '-pattern', lamp.patternText);
      say('lamp-' + lamp.lamp + '-meaning', lamp.meaning);
    });
    byId('display').setAttribute('data-icon', state.display.icon);
    say('digits', state.display.digits);
    say('line', state.display.line);
    state.buttons.forEach(function (button) {
      say('button-' + button.button, button.label);
      byId('button-' + button.button).className = button.glows ? 'glows' : '';
    });
  }

  /* A lamp is lit while (panel clock mod cycle) < lit: the page keeps the panel's clock. */
  function blink() {
    if (state) {
      var now = Date.now() - skew;
      state.lamps.forEach(function (lamp) {
        var cycle = lamp.litMs + lamp.darkMs;
        var lit = lamp.litMs > 0 && (lamp.darkMs === 0 || now % cycle < lamp.litMs);
        byId('lamp-' + lamp.lamp).className = 'light ' + (lit ? lamp.colour : 'off');
      });
    }
    setTimeout(blink, 100);
  }

  function ask() {
    var r = new XMLHttpRequest();
    r.open('GET', '/panel/state.json' + (state ? '?after=' + state.version : ''));
    r.onload = function () {
      if (r.status === 200) {
        var next = JSON.parse(r.responseText);
        var other = next.language !== root.lang;
        state = next;
        skew = Date.now() - state.atMs;
        if (other) { location.reload(); return; }
        show();
        ask();
      } else { setTimeout(ask, 2000); }
    };
    r.onerror = function () { setTimeout(ask, 2000); };
    r.send();
  }

  /* A press answers at once and does not load the page anew; held for five seconds it is a hold, as on the box. */
  Array.prototype.forEach.call(root.querySelectorAll('form'), function (form) {
    var pressedAt = 0, button = form.querySelector('button');
    function down() { pressedAt = Date.now(); }
    button.addEventListener('mousedown', down);
    button.addEventListener('touchstart', down);
    form.addEventListener('submit', function (event) {
      event.preventDefault();
      var held = button.getAttribute('data-hold') && pressedAt && Date.now() - pressedAt >= 5000;
      var r = new XMLHttpRequest();
      r.open('POST', form.action);
      r.setRequestHeader('Accept', 'application/json');
      r.setRequestHeader('Content-Type', 'application/x-www-form-urlencoded');
      r.onload = function () { 
        if (r.status === 200) { state = JSON.parse(r.responseText); skew = Date.now() - state.atMs; show(); }
        else if (r.status === 403) { location.href = '/teacher?back=/panel'; }
      };
      r.send(held ? 'hold=true' : '');
      pressedAt = 0;
    });
  });

  ask();
  blink();
}());
