// SPDX-License-Identifier: Apache-2.0
//
// A MessageConnection over TLS: its code knows loop::Transport only. The transport is that of a TLS client, the peer a
// TLS server that sends queries, because the roles within TLS make no difference to messages.
#include <csignal>
#include <thread>

#include "resolver/loop/tls.h"
#include "tests/server/connection_fixture.h"
#include "tests/support/certificate.h"
#include "tests/support/temporary_folder.h"

namespace cenote::server {
namespace {

using testing::Bytes;
using testing::framed;
using testing::id_of;
using testing::local_query;

/// The other end of the connection; its calls block.
class TlsPeer {
public:
    TlsPeer(UniqueFd fd, SSL_CTX* context) : fd_(std::move(fd)), session_(SSL_new(context)) {
        SSL_set_fd(session_, fd_.get());
    }
    ~TlsPeer() { SSL_free(session_); }
    TlsPeer(const TlsPeer&) = delete;
    TlsPeer& operator=(const TlsPeer&) = delete;

    bool accept() { return SSL_accept(session_) == 1; }
    void write(const Bytes& bytes) {
        EXPECT_EQ(SSL_write(session_, bytes.data(), static_cast<int>(bytes.size())), static_cast<int>(bytes.size()));
    }
    Bytes read_message() { return read(load_u16(read(2).data())); }
    /// Tells the other end that nothing more comes, and goes on reading.
    void end() { SSL_shutdown(session_); }

private:
    Bytes read(std::size_t count) {
        Bytes bytes(count);
        for (std::size_t have = 0; have < count;) {
            const int got = SSL_read(session_, &bytes[have], static_cast<int>(count - have));
            EXPECT_GT(got, 0);
            if (got <= 0) break;
            have += static_cast<std::size_t>(got);
        }
        return bytes;
    }

    UniqueFd fd_;
    SSL* session_;
};

class TlsConnectionTest : public ::testing::Test, public testing::ConnectionWorld {
protected:
    TlsConnectionTest() {
        ::signal(SIGPIPE, SIG_IGN);  // OpenSSL's own sockets write with write(2)
        int fds[2];
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
        peer_fd.reset(fds[1]);
        tls = loop::TlsClient::create(ca_file).value();
        connect(tls->connect(UniqueFd(fds[0]), "dns.example"));
    }
    ~TlsConnectionTest() override {
        connection.reset();
        SSL_CTX_free(context);
    }

    testing_support::TemporaryFolder folder;
    std::string ca_file = (folder.path() / "ca.pem").string();
    SSL_CTX* context = test::make_tls_server("dns.example", 3600, ca_file);
    std::unique_ptr<loop::TlsClient> tls;
    UniqueFd peer_fd;
};

TEST_F(TlsConnectionTest, QueriesRepliesAndTransfersAreThoseOfTcp) {
    std::thread peer_thread([this] {
        TlsPeer peer(std::move(peer_fd), context);
        ASSERT_TRUE(peer.accept());
        EXPECT_EQ(peer.read_message(), Bytes(60000, 5)) << "several records";
        Bytes two = framed(local_query(1));
        const Bytes second = framed(local_query(2));
        two.insert(two.end(), second.begin(), second.end());
        peer.write(two);
        EXPECT_EQ(id_of(peer.read_message()), 1);
        EXPECT_EQ(id_of(peer.read_message()), 2);
        const Bytes third = framed(local_query(3));
        peer.write({third.begin(), third.begin() + 5});
        peer.write({third.begin() + 5, third.end()});
        peer.end();
        EXPECT_EQ(id_of(peer.read_message()), 3) << "the direction to the client is open still";
    });
    connection->send_part({.connection = handle, .message = Bytes(60000, 5), .last = false});
    EXPECT_EQ(parts_asked_for, 0) << "the handshake comes first";
    run_until([this] { return finished == 1; });
    peer_thread.join();
    EXPECT_EQ(parts_asked_for, 1);
    EXPECT_EQ(counted(telemetry::Counter::TcpWriteOverflow), 0U);
}

TEST_F(TlsConnectionTest, AFailedHandshakeFinishesTheConnection) {
    std::thread peer_thread([this] {
        const UniqueFd peer = std::move(peer_fd);
        testing::write_all(peer.get(), framed(local_query(1)));  // not TLS
        Bytes hello(1024);
        EXPECT_GT(::recv(peer.get(), hello.data(), hello.size(), 0), 0);
    });
    connection->send_part({.connection = handle, .message = Bytes(20, 5), .last = false});
    run_until([this] { return finished == 1; });
    peer_thread.join();
    EXPECT_EQ(parts_asked_for, 0);
}

}  // namespace
}  // namespace cenote::server
