// SPDX-License-Identifier: Apache-2.0
#include "resolver/web/daemon_link.h"

#include <algorithm>
#include <array>

namespace cenote::web {
namespace {

using control::Json;
using control::Patience;
using control::Request;
using control::Response;

constexpr std::array<std::string_view, 4> kLong{"report", "services-unused", "seals", "audit-verify"};

Patience patience_for(std::string_view verb) {
    const bool is_long = std::ranges::find(kLong, verb) != kLong.end();
    const milliseconds limit = is_long ? DaemonLink::kReportWithin : DaemonLink::kWithin;
    return {.first = limit, .next = limit};
}

}  // namespace

Result<Response> DaemonLink::call(const Request& request, const std::function<void(const Response&)>& on_more) {
    const Patience patience = patience_for(request.verb);
    if (client_ == nullptr || patience_ != patience) {
        auto client = control::ControlClient::connect(socket_, patience);
        if (!client) return std::move(client).error();
        client_ = std::move(*client);
        patience_ = patience;
    }
    auto response = client_->call(request, on_more);
    if (!response) client_.reset();
    return response;
}

Result<Response> DaemonLink::ask(const std::string& verb, Json args,
                                 const std::function<void(const Response&)>& on_more) {
    auto response = call({verb, std::move(args), session_}, on_more);
    if (response && !response->ok) return Error{std::move(response->error)};
    return response;
}

Result<Response> DaemonLink::ask_for_itself(const std::string& verb, Json args) {
    control::JoinedData joined;
    auto response = call({verb, std::move(args), {}}, [&joined](const Response& part) { joined.take(part.data); });
    if (response && response->ok) response->data = std::move(joined).with(std::move(response->data));
    return response;
}

Status DaemonLink::follow(const std::string& verb, Json args, const std::function<bool(const Response*)>& on_more) {
    client_.reset();  // a stream has a connection of its own
    auto client = control::ControlClient::connect(socket_, {.first = kWithin});
    if (!client) return std::move(client).error();
    Ticks next_look = ticks_now() + kLookAgain;
    bool holds = true;
    auto ended = (*client)->follow({verb, std::move(args), session_}, [&](const Response* part) {
        if (ticks_now() >= next_look) {
            next_look = ticks_now() + kLookAgain;
            holds = session_holds();
        }
        return holds && on_more(part);
    });
    if (!holds) return Error{"the session has ended; sign in again"};
    return ended;
}

bool DaemonLink::session_holds() const {
    DaemonLink other(socket_);
    const auto found = other.ask_for_itself("web-session", {{"session", session_}});
    return found && found->ok;
}

}  // namespace cenote::web
