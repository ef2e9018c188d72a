/* Runs before a tool's own scripts, in each of its pages. ES5.
   A tool has no origin of its own, so its browser gives it no storage, and many tools stop there: they get one that lasts as long as the page.
   Connections from browser to browser are under no rule of a page: they are taken away. */
(function () {
  'use strict';
  function storage() {
    var kept = {}, names = [];
    var api = {
      getItem: function (name) { name = String(name); return Object.prototype.hasOwnProperty.call(kept, '$' + name) ? kept['$' + name] : null; },
      setItem: function (name, value) { name = String(name); if (api.getItem(name) === null) { names.push(name); } kept['$' + name] = String(value); },
      removeItem: function (name) { name = String(name); if (api.getItem(name) !== null) { delete kept['$' + name]; names.splice(names.indexOf(name), 1); } },
      clear: function () { kept = {}; names = []; },
      key: function (index) { return index < names.length ? names[index] : null; }
    };
    Object.defineProperty(api, 'length', { get: function () { return names.length; } });
    return api;
  }
  ['localStorage', 'sessionStorage'].forEach(function (name) {
    try { if (window[name]) { return; } } catch (e) { /* refused: that is what this is for */ }
    try { Object.defineProperty(window, name, { value: storage(), configurable: false, writable: false }); } catch (e) { /* an engine that does not let us: the tool is as it was */ }
  });
  ['RTCPeerConnection', 'webkitRTCPeerConnection', 'RTCDataChannel'].forEach(function (name) {
    try { Object.defineProperty(window, name, { value: undefined, configurable: false, writable: false }); } catch (e) { /* none there */ }
  });
}());
