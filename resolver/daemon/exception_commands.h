// SPDX-License-Identifier: Apache-2.0
//
// Verbs about exceptions (docs/CONTROL.md): a request read, judged by rules/exceptions.h, and answered. Private to
// daemon.
//
// Threads:  the control thread.
// Failure:  a response with an error; then nothing has changed.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"
#include "resolver/rules/exception_terms.h"

namespace cenote::daemon {

/// What an exception has to fit now; valid until the policy or the configuration changes.
[[nodiscard]] rules::ExceptionTerms exception_terms(const Running& running);

control::Response exception_request(Running& running, const control::Peer& peer, const control::Request& request);
control::Response exception_approve(Running& running, const control::Peer& peer, const control::Request& request);
control::Response exception_deny(Running& running, const control::Peer& peer, const control::Request& request);
control::Response exception_revoke(Running& running, const control::Peer& peer, const control::Request& request);
control::Response exception_extend(Running& running, const control::Peer& peer, const control::Request& request);
control::Response exceptions(Running& running, const control::Peer& peer, const control::Request& request);

}  // namespace cenote::daemon
