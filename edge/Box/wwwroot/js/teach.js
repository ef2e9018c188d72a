/* The pen of the teacher in the room: lines on #pad go to the classroom screen as they are drawn. ES5.
   A line is x, y, x, y, … in thousandths of the screen's width and height. */
(function () {
  'use strict';
  var pad = document.getElementById('pad'), wipe = document.getElementById('wipe');
  if (!pad || !window.XMLHttpRequest || !document.createElementNS) { return; }
  var MOST_LINES = 100, MOST_POINTS = 400, STEP = 6, SEND_EVERY = 250;   /* as the box allows; thousandths between two points; ms */
  var lines = [], line = null, drawn = null, busy = false, changed = false;

  function place(event) {
    var touch = event.touches ? event.touches[0] : event, box = pad.getBoundingClientRect();
    function part(at, from, length) { return Math.max(0, Math.min(1000, Math.round((at - from) / length * 1000))); }
    return [part(touch.clientX, box.left, box.width), part(touch.clientY, box.top, box.height)];
  }

  function begin(event) {
    if (lines.length >= MOST_LINES) { return; }
    event.preventDefault();
    line = place(event);
    lines.push(line);
    drawn = document.createElementNS('http://www.w3.org/2000/svg', 'polyline');
    pad.appendChild(drawn);
    show();
  }

  function go(event) {
    if (!line) { return; }
    event.preventDefault();
    var at = place(event), dx = at[0] - line[line.length - 2], dy = at[1] - line[line.length - 1];
    if (dx * dx + dy * dy < STEP * STEP || line.length >= 2 * MOST_POINTS) { return; }
    line.push(at[0], at[1]);
    show();
  }

  function end() { line = null; }

  function show() {
    drawn.setAttribute('points', line.join(' '));
    changed = true;
  }

  function send() {
    if (busy || !changed) { return; }
    var r = new XMLHttpRequest();
    busy = true;
    changed = false;
    r.open('POST', pad.getAttribute('data-board'));
    r.timeout = 5000;
    r.setRequestHeader('Content-Type', 'application/json');
    r.onload = function () { busy = false; };
    /* What did not arrive goes again with what was drawn since. */
    r.onerror = r.ontimeout = function () { busy = false; changed = true; };
    r.send(JSON.stringify(lines));
  }

  wipe.addEventListener('click', function () {
    lines = [];
    line = null;
    while (pad.firstChild) { pad.removeChild(pad.firstChild); }
    changed = true;
  });
  pad.addEventListener('mousedown', begin);
  pad.addEventListener('touchstart', begin);
  document.addEventListener('mousemove', go);
  pad.addEventListener('touchmove', go);
  document.addEventListener('mouseup', end);
  pad.addEventListener('touchend', end);
  pad.addEventListener('touchcancel', end);
  setInterval(send, SEND_EVERY);
}());
