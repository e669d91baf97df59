// A wall screen shows loudly when it is cut off, or when nothing new is published.
"use strict";
(function () {
  var STALE_MINUTES = 30, EVERY_MS = 15000;
  var alarm = document.getElementById("alarm");
  var body = document.body;
  var madeAt = Date.parse(body.dataset.madeAt);
  var leaving = false;
  function tell(text) {
    alarm.textContent = text;
    alarm.hidden = !text;
    body.classList.toggle("alarmed", Boolean(text));
  }
  function told() {
    var minutes = Math.floor((Date.now() - madeAt) / 60000);
    return minutes >= STALE_MINUTES ? "OUT OF DATE: nothing was published for " + minutes + " minutes." : "";
  }
  // A page that has just been read shows what there is: only a later look reads it again, and once.
  function look(mayReload) {
    if (leaving) {
      return;
    }
    fetch("/healthz", { cache: "no-store" }).then(function (answer) {
      return answer.json();
    }).then(function (health) {
      if (health.signed_in === false) {
        tell("SIGNED OUT: sign in again to get figures. " + told());
        return;
      }
      if (health.publication && health.publication !== body.dataset.publication) {
        if (mayReload && !leaving) {
          leaving = true;
          window.location.reload();
        }
        return;
      }
      tell(health.fault || told());
    }).catch(function () {
      if (leaving) {
        return;
      }
      tell("DISCONNECTED: this screen gets no figures. " + told());
    });
  }
  look(false);
  window.setInterval(look, EVERY_MS, true);
})();
