// SPDX-License-Identifier: Apache-2.0
//
// privacy, privacy-about, privacy-erase: what is kept, what is held about one address, its removal. reveals,
// reveal-ask, reveal-approve, reveal-show: the address behind a pseudonym, for two persons.
//
// Threads: the control thread; logs are read and addresses tried on that of SlowWork.   Time: reads the clock.
// Memory: the answer.   Failure: an error reply; a removal that cannot be recorded changes nothing.
#pragma once

#include "resolver/control/control.h"
#include "resolver/daemon/running.h"

namespace cenote::daemon {

using Reply = control::ControlServer::Reply;

control::Response privacy(Running& running, const control::Peer& peer, const control::Request& request);
void privacy_about(Running& running, const control::Peer& peer, const control::Request& request, const Reply& reply);
void privacy_erase(Running& running, const control::Peer& peer, const control::Request& request, const Reply& reply);

control::Response reveals(Running& running, const control::Peer& peer, const control::Request& request);
control::Response reveal_ask(Running& running, const control::Peer& peer, const control::Request& request);
void reveal_approve(Running& running, const control::Peer& peer, const control::Request& request, const Reply& reply);
control::Response reveal_show(Running& running, const control::Peer& peer, const control::Request& request);

}  // namespace cenote::daemon
