// SPDX-License-Identifier: Apache-2.0
#include "resolver/upstream/dialer.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "resolver/base/log.h"

namespace cenote::upstream {

bool Dialer::prepare_tls(const std::string& ca_file) {
    if (tls_ && ca_file == ca_file_) return false;
    auto client = loop::TlsClient::create(ca_file);
    if (!client) {
        log::error("{}: tls:// and https:// servers cannot be asked", client.error().text);
        return false;
    }
    tls_ = std::move(client).value();
    ca_file_ = ca_file;
    return true;
}

Dialer::Dialed Dialer::dial(const ServerAddress& server, std::string_view protocol) noexcept {
    Dialed dialed;
    const bool tls = !server.tls_name.empty();
    if (tls && !tls_) {  // TLS is never replaced by plain TCP
        fault_ = {ServerFault::Kind::NoAuthorities};
        dialed.status = SendStatus::Unreachable;
        return dialed;
    }
    UniqueFd fd(::socket(server.address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd.valid()) return dialed;
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    sockaddr_storage native;
    const socklen_t size = server.address.to_native(native);
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&native), size) != 0 && errno != EINPROGRESS) {
        fault_ = {errno == ECONNREFUSED ? ServerFault::Kind::NoConnection : ServerFault::Kind::CannotSend};
        dialed.status = SendStatus::Unreachable;
        return dialed;
    }
    dialed.transport =
        tls ? tls_->connect(std::move(fd), server.tls_name, protocol) : loop::make_plain_transport(std::move(fd));
    if (!dialed.transport) return dialed;
    if (tls) dialed.tls = tls_;
    fault_ = {ServerFault::Kind::Closed};
    dialed.status = SendStatus::Sent;
    return dialed;
}

}  // namespace cenote::upstream
