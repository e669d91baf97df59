// A wall screen shows loudly when it is cut off, or when nothing new is published.
"use strict";
(function () {
  var STALE_MINUTES = 30, EVERY_MS = 15000;
  var alarm = document.getElementById("alarm");
  var body = document.body;
  var madeAt = Date.parse(body.dataset.madeAt);
  function tell(text) {
    alarm.textContent = text;
    alarm.hidden = !text;
    body.classList.toggle("alarmed", Boolean(text));
  }
  function told() {
    var minutes = Math.floor((Date.now() - madeAt) / 60000);
    return minutes >= STALE_MINUTES ? "OUT OF DATE: nothing was published for " + minutes + " minutes." : "";
  }
  function look() {
    fetch("/healthz", { cache: "no-store" }).then(function (answer) {
      return answer.json();
    }).then(function (health) {
      if (health.signed_in === false) {
        tell("SIGNED OUT: sign in again to get figures. " + told());
        return;
      }
      if (health.publication && health.publication !== body.dataset.publication) {
        window.location.reload();
        return;
      }
      tell(health.fault || told());
    }).catch(function () {
      tell("DISCONNECTED: this screen gets no figures. " + told());
    });
  }
  look();
  window.setInterval(look, EVERY_MS);
})();
