// SPDX-License-Identifier: Apache-2.0
#include "tests/support/tls_upstream.h"

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <thread>
#include <vector>

#include "resolver/base/bytes.h"
#include "resolver/base/check.h"
#include "resolver/base/fd.h"
#include "tests/support/certificate.h"
#include "tests/support/scripted_upstream.h"
#include "tests/support/temporary_folder.h"

namespace cenote::test {

struct TlsUpstream::State {
    TlsManner manner;
    testing_support::TemporaryFolder folder;
    UniqueFd listener, wake_read, wake_write;
    SocketAddress address;
    SSL_CTX* context = nullptr;
    std::atomic<std::uint32_t> connections{0};
    std::atomic<std::uint32_t> answers{0};
    std::thread thread;

    explicit State(const TlsManner& how) : manner(how) {
        context = make_tls_server(manner.name, manner.expired ? -3600 : 3600, ca_file());

        listener.reset(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_storage native{};
        socklen_t size = SocketAddress::parse("127.0.0.1", 0)->to_native(native);
        CENOTE_CHECK(::bind(listener.get(), reinterpret_cast<sockaddr*>(&native), size) == 0);
        CENOTE_CHECK(::listen(listener.get(), 16) == 0);
        CENOTE_CHECK(::getsockname(listener.get(), reinterpret_cast<sockaddr*>(&native), &size) == 0);
        address = SocketAddress::from_native(reinterpret_cast<sockaddr*>(&native));
        std::array<int, 2> pipe{};
        CENOTE_CHECK(::pipe(pipe.data()) == 0);
        wake_read.reset(pipe[0]);
        wake_write.reset(pipe[1]);
        ::signal(SIGPIPE, SIG_IGN);  // this server writes as OpenSSL does
    }
    ~State() { SSL_CTX_free(context); }

    [[nodiscard]] std::string ca_file() const { return (folder.path() / "ca.pem").string(); }

    [[nodiscard]] bool readable(int fd) const {
        std::array<pollfd, 2> polled{{{fd, POLLIN, 0}, {wake_read.get(), POLLIN, 0}}};
        while (::poll(polled.data(), polled.size(), -1) < 0) {
        }
        return polled[1].revents == 0;
    }

    void run() {
        while (readable(listener.get())) {
            const UniqueFd fd(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
            SSL* const session = SSL_new(context);
            SSL_set_fd(session, fd.get());
            if (SSL_accept(session) == 1) {
                ++connections;
                serve(session, fd.get());
                SSL_shutdown(session);
            }
            SSL_free(session);
        }
    }

    void serve(SSL* session, int fd) {
        Bytes bytes;
        for (std::uint32_t done = 0; manner.answers_per_close == 0 || done < manner.answers_per_close;) {
            if (SSL_pending(session) == 0 && !readable(fd)) return;
            std::array<std::uint8_t, 4096> chunk;
            const int count = SSL_read(session, chunk.data(), chunk.size());
            if (count <= 0) return;
            bytes.insert(bytes.end(), chunk.begin(), chunk.begin() + count);
            while (bytes.size() >= 2 && bytes.size() >= 2U + load_u16(bytes.data())) {
                const auto end = bytes.begin() + 2 + load_u16(bytes.data());
                Bytes answer = right_answer(Bytes(bytes.begin() + 2, end));
                bytes.erase(bytes.begin(), end);
                answer.insert(answer.begin(), {0, static_cast<std::uint8_t>(answer.size())});
                ++answers;  // before the answer is sent, so that a test that has it sees it counted
                if (SSL_write(session, answer.data(), static_cast<int>(answer.size())) <= 0) return;
                ++done;
            }
        }
    }
};

TlsUpstream::TlsUpstream(const TlsManner& manner) : state_(std::make_unique<State>(manner)) {
    state_->thread = std::thread([this] { state_->run(); });
}

TlsUpstream::~TlsUpstream() {
    CENOTE_CHECK(::write(state_->wake_write.get(), "x", 1) == 1);
    state_->thread.join();
}

SocketAddress TlsUpstream::address() const { return state_->address; }
std::string TlsUpstream::ca_file() const { return state_->ca_file(); }
std::uint32_t TlsUpstream::connections() const { return state_->connections; }
std::uint32_t TlsUpstream::answers() const { return state_->answers; }

}  // namespace cenote::test
