// SPDX-License-Identifier: Apache-2.0
#include "resolver/loop/tls_transport.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

namespace cenote::loop {
namespace {

constexpr unsigned kKeyUpdatesMax = 31;
constexpr int kNamesMax = 32;  // of a certificate of a client; others are not looked at

bool is_again(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

long on_control(BIO*, int command, long, void*) noexcept { return command == BIO_CTRL_FLUSH ? 1 : 0; }

int as_int(std::size_t size) noexcept { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

// The socket BIO of OpenSSL writes with write(2), which raises SIGPIPE, and receives each record by itself.
BIO_METHOD* TlsTransport::socket_method() {
    static const Openssl<BIO_METHOD> kMethod = [] {
        Openssl<BIO_METHOD> made(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket"));
        if (!made) return made;
        BIO_meth_set_write(made.get(), on_write);
        BIO_meth_set_read(made.get(), on_read);
        BIO_meth_set_ctrl(made.get(), on_control);
        return made;
    }();
    return kMethod.get();
}

std::unique_ptr<TlsTransport> TlsTransport::create(UniqueFd fd, Openssl<SSL> session, TlsBuffers* buffers,
                                                   std::uint64_t trust) {
    BIO* const bio = socket_method() == nullptr ? nullptr : BIO_new(socket_method());
    if (bio == nullptr) return nullptr;
    SSL_set_bio(session.get(), bio, bio);  // the session owns it now
    std::unique_ptr<TlsTransport> made(new TlsTransport(std::move(fd), std::move(session), buffers));
    made->trust_ = trust;
    BIO_set_data(bio, made.get());
    BIO_set_init(bio, 1);
    SSL_set_msg_callback(made->session_.get(), on_message);
    SSL_set_msg_callback_arg(made->session_.get(), made.get());
    return made;
}

TlsTransport::~TlsTransport() {
    const bool sent = !holding_ || (write_plain() && send_held() && unsent() == 0);
    holding_ = false;
    if (sent && unsent() == 0 && is_ready() && !failed_) SSL_shutdown(session_.get());
    if (buffers_ == nullptr) return;
    buffers_->streams_.give_back(unsent_);
    if (buffers_->reader_ == this) buffers_->reader_ = nullptr;
}

int TlsTransport::on_write(BIO* bio, const char* bytes, int count) noexcept {
    BIO_clear_retry_flags(bio);
    return static_cast<TlsTransport*>(BIO_get_data(bio))->send_or_hold(bio, bytes, count);
}

int TlsTransport::on_read(BIO* bio, char* bytes, int count) noexcept {
    BIO_clear_retry_flags(bio);
    return static_cast<TlsTransport*>(BIO_get_data(bio))->receive(bio, bytes, count);
}

void TlsTransport::on_message(int writes, int, int type, const void* bytes, std::size_t size, SSL*, void* transport) {
    if (writes == 0 && type == SSL3_RT_HANDSHAKE && size != 0 &&
        *static_cast<const std::uint8_t*>(bytes) == SSL3_MT_KEY_UPDATE)
        ++static_cast<TlsTransport*>(transport)->key_updates_;
}

int TlsTransport::receive(BIO* bio, char* bytes, int count) noexcept {
    if (const int taken = take_received(bytes, count); taken > 0) return taken;
    const bool direct = buffers_ == nullptr || static_cast<std::size_t>(count) >= TlsBuffers::kReceived;
    if (!direct && buffers_->reader_ != nullptr && buffers_->reader_ != this) buffers_->reader_->set_received_aside();
    const ssize_t got = direct
                            ? ::recv(fd_.get(), bytes, static_cast<std::size_t>(count), MSG_DONTWAIT)
                            : ::recv(fd_.get(), buffers_->received_.data(), buffers_->received_.size(), MSG_DONTWAIT);
    if (got < 0 && is_again(errno)) BIO_set_retry_read(bio);
    if (direct || got <= 0) return static_cast<int>(got);
    buffers_->reader_ = this;
    buffers_->received_begin_ = 0;
    buffers_->received_end_ = static_cast<std::size_t>(got);
    return take_received(bytes, count);
}

/// Bytes that were received before; 0: there are none.
int TlsTransport::take_received(char* bytes, int count) noexcept {
    const auto wanted = static_cast<std::size_t>(count);
    if (!aside_.empty()) {
        const std::size_t taken = std::min(wanted, aside_.size() - aside_begin_);
        std::copy_n(&aside_[aside_begin_], taken, bytes);
        aside_begin_ += taken;
        if (aside_begin_ == aside_.size()) {
            aside_ = {};
            aside_begin_ = 0;
        }
        return static_cast<int>(taken);
    }
    if (buffers_ == nullptr || buffers_->reader_ != this) return 0;
    const std::size_t taken = std::min(wanted, buffers_->received_end_ - buffers_->received_begin_);
    std::copy_n(&buffers_->received_[buffers_->received_begin_], taken, bytes);
    buffers_->received_begin_ += taken;
    if (buffers_->received_begin_ == buffers_->received_end_) buffers_->reader_ = nullptr;
    return static_cast<int>(taken);
}

void TlsTransport::set_received_aside() {
    const auto first = buffers_->received_.begin();
    aside_.assign(first + static_cast<std::ptrdiff_t>(buffers_->received_begin_),
                  first + static_cast<std::ptrdiff_t>(buffers_->received_end_));
    buffers_->reader_ = nullptr;
}

int TlsTransport::send_or_hold(BIO* bio, const char* bytes, int count) noexcept {
    const auto size = static_cast<std::size_t>(count);
    if (holding_ && TlsBuffers::kHeld - buffers_->held_end_ < size && !send_held()) return -1;
    if (unsent() > 0 && flush().status == Status::Failed) return -1;
    if (unsent() > 0) {                            // the order is kept
        if (holding_ && buffers_->plain_end_ > 0)  // what was taken has a place here
            return leave_unsent({reinterpret_cast<const std::uint8_t*>(bytes), size}) ? count : -1;
        BIO_set_retry_write(bio);
        return -1;
    }
    if (holding_ && TlsBuffers::kHeld - buffers_->held_end_ >= size) {
        std::copy_n(bytes, size, &buffers_->held_[buffers_->held_end_]);
        buffers_->held_end_ += size;
        return count;
    }
    const ssize_t sent = give_to_socket(bytes, size);
    if (sent < 0 && is_again(errno)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

ssize_t TlsTransport::give_to_socket(const void* bytes, std::size_t size) noexcept {
    const ssize_t sent = ::send(fd_.get(), bytes, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) sent_ += static_cast<std::uint64_t>(sent);
    return sent;
}

/// Sends what is held; the peer may leave some of it unsent. False: the connection has failed.
bool TlsTransport::send_held() noexcept {
    const std::size_t held = std::exchange(buffers_->held_end_, 0);
    std::size_t begin = 0;
    if (unsent() == 0 && held > 0) {
        const ssize_t sent = give_to_socket(buffers_->held_.data(), held);
        if (sent < 0 && !is_again(errno)) return false;
        begin = sent < 0 ? 0 : static_cast<std::size_t>(sent);
    }
    return begin == held || leave_unsent(ByteView(buffers_->held_).subspan(begin, held - begin));
}

/// False: there is no room.
bool TlsTransport::leave_unsent(ByteView bytes) noexcept {
    if (unsent_ == nullptr) unsent_ = buffers_->streams_.take();
    if (unsent_ == nullptr || StreamBuffers::kSize - unsent_end_ < bytes.size()) return false;
    std::ranges::copy(bytes, unsent_ + unsent_end_);
    unsent_end_ += bytes.size();
    return true;
}

/// False: it has to be written at once.
bool TlsTransport::take_plain(ByteView first, ByteView second) noexcept {
    const std::size_t size = first.size() + second.size();
    if (!holding_ || unsent() > 0 || !is_ready() || TlsBuffers::kPlain - buffers_->plain_end_ < size) return false;
    const auto end =
        std::ranges::copy(first, buffers_->plain_.begin() + static_cast<std::ptrdiff_t>(buffers_->plain_end_)).out;
    std::ranges::copy(second, end);
    buffers_->plain_end_ += size;
    return true;
}

/// Makes records of what was taken. They always have room: nothing is taken while anything is unsent, and the buffer
/// for it has place for all that is held and a record.
bool TlsTransport::write_plain() noexcept {
    static_assert(StreamBuffers::kSize - TlsBuffers::kHeld > TlsBuffers::kPlain + 8192);  // what records add
    ByteView bytes = ByteView(buffers_->plain_).first(buffers_->plain_end_);
    ERR_clear_error();
    while (!bytes.empty()) {
        const int count = SSL_write(session_.get(), bytes.data(), as_int(bytes.size()));
        if (count <= 0) {
            static_cast<void>(failed());
            break;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
    buffers_->plain_end_ = 0;
    return bytes.empty();
}

bool TlsTransport::release() noexcept {
    if (!holding_) return true;
    const bool written = write_plain();
    holding_ = false;
    if (send_held() && written) return true;
    failed_ = true;
    return false;
}

Transport::Moved TlsTransport::flush() noexcept {
    while (unsent() > 0) {
        const ssize_t sent = give_to_socket(unsent_ + unsent_begin_, unsent());
        if (sent < 0) return {is_again(errno) ? Status::Again : Status::Failed, 0};
        unsent_begin_ += static_cast<std::size_t>(sent);
    }
    if (unsent_ != nullptr) buffers_->streams_.give_back(std::exchange(unsent_, nullptr));
    unsent_begin_ = unsent_end_ = 0;
    return {Status::Done, 0};
}

bool TlsTransport::has_unread() const noexcept {
    return !aside_.empty() || (buffers_ != nullptr && buffers_->reader_ == this) || SSL_pending(session_.get()) > 0;
}

Handshake TlsTransport::handshake() const noexcept {
    if (!is_ready()) return Handshake::None;
    return SSL_session_reused(session_.get()) != 0 ? Handshake::Resumed : Handshake::Full;
}

std::string_view TlsTransport::protocol() const noexcept {
    const std::uint8_t* name = nullptr;
    unsigned int size = 0;
    SSL_get0_alpn_selected(session_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
}

CertificateState TlsTransport::certificate_state() const noexcept {
    if (!is_ready() || SSL_get0_peer_certificate(session_.get()) == nullptr) return CertificateState::None;
    return SSL_get_verify_result(session_.get()) == X509_V_OK ? CertificateState::Valid : CertificateState::NotValid;
}

PeerCertificate TlsTransport::peer_certificate() const {
    PeerCertificate read;
    if (certificate_state() != CertificateState::Valid) return read;
    const X509* const certificate = SSL_get0_peer_certificate(session_.get());
    read.ends = time_of(X509_get0_notAfter(certificate));
    read.trust = trust_;
    auto* const all =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; all != nullptr && i < std::min(sk_GENERAL_NAME_num(all), kNamesMax); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(all, i);
        const auto add = [&read](PeerCertificate::Kind kind, const ASN1_IA5STRING* text) {
            read.names.emplace_back(kind, std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                                      static_cast<std::size_t>(ASN1_STRING_length(text))));
        };
        if (name->type == GEN_DNS) add(PeerCertificate::Kind::Dns, name->d.dNSName);
        if (name->type == GEN_EMAIL) add(PeerCertificate::Kind::Email, name->d.rfc822Name);
        if (name->type == GEN_URI) add(PeerCertificate::Kind::Uri, name->d.uniformResourceIdentifier);
    }
    GENERAL_NAMES_free(all);
    return read;
}

void TlsTransport::finish() noexcept {
    if (is_ready() && !failed_) {
        ERR_clear_error();
        SSL_shutdown(session_.get());
    }
    ::shutdown(fd_.get(), SHUT_WR);
}

std::string TlsTransport::failure() const {
    if (!failed_) return {};
    if (const long verdict = SSL_get_verify_result(session_.get()); verdict != X509_V_OK)
        return std::string("its certificate is not accepted: ") + X509_verify_cert_error_string(verdict);
    if (is_ready() && !required_.empty()) return "TLS: it does not agree on " + required_;
    const char* const reason = ERR_reason_error_string(error_);
    return reason == nullptr ? std::string() : std::string("TLS: ") + reason;
}

unsigned TlsTransport::read_waits_for() const noexcept {
    return read_wants_write_ ? Poll::kReadable | Poll::kWritable : unsigned{Poll::kReadable};
}

unsigned TlsTransport::write_waits_for() const noexcept {
    return unsent() == 0 && !is_ready() && write_wants_read_ ? Poll::kReadable : Poll::kWritable;
}

/// The handshake, and whether the peer has agreed on what is required. Done: it has.
Transport::Moved TlsTransport::agree(bool& wants_write) noexcept {
    if (required_.empty()) return {Status::Done, 0};
    ERR_clear_error();
    wants_write = false;
    const int result = SSL_do_handshake(session_.get());
    if (result <= 0) return not_moved(result, wants_write);
    if (protocol() != required_) return failed();
    required_.clear();
    return {Status::Done, 0};
}

Transport::Moved TlsTransport::read(MutableBytes into) noexcept {
    if (const Moved agreed = agree(read_wants_write_); agreed.status != Status::Done) return agreed;
    ERR_clear_error();
    const int first = SSL_read(session_.get(), into.data(), as_int(into.size()));
    if (key_updates_ > kKeyUpdatesMax) return failed();
    read_wants_write_ = false;
    if (first <= 0) return not_moved(first, read_wants_write_);
    auto count = static_cast<std::size_t>(first);
    while (count < into.size() && has_unread()) {  // a record each; what ends the connection is found again
        const MutableBytes rest = into.subspan(count);
        const int more = SSL_read(session_.get(), rest.data(), as_int(rest.size()));
        if (more <= 0) break;
        count += static_cast<std::size_t>(more);
    }
    return {Status::Done, count};
}

Transport::Moved TlsTransport::write(ByteView first, ByteView second) noexcept {
    bool handshake_writes = false;
    if (const Moved agreed = agree(handshake_writes); agreed.status != Status::Done) {
        write_wants_read_ = !handshake_writes;
        return agreed;
    }
    if (holding_) {
        if (take_plain(first, second)) return {Status::Done, first.size() + second.size()};
        if (!write_plain()) return {Status::Failed, 0};
        if (take_plain(first, second)) return {Status::Done, first.size() + second.size()};
    }
    std::array<std::uint8_t, 2048> both;
    ByteView bytes = first;
    std::size_t joined = 0;
    if (!second.empty()) {
        std::copy(first.begin(), first.end(), both.begin());
        joined = std::min(second.size(), both.size() - first.size());
        std::copy_n(second.begin(), joined, both.begin() + static_cast<std::ptrdiff_t>(first.size()));
        bytes = {both.data(), first.size() + joined};
    }
    ERR_clear_error();
    const int count = SSL_write(session_.get(), bytes.data(), as_int(bytes.size()));
    if (count <= 0) {
        bool wants_write = false;
        const Moved result = not_moved(count, wants_write);
        write_wants_read_ = !wants_write;
        return result;
    }
    const auto moved = static_cast<std::size_t>(count);
    if (moved < bytes.size() || joined == second.size()) return {Status::Done, moved};
    const Moved rest = write(second.subspan(joined), {});
    return rest.status == Status::Done ? Moved{Status::Done, moved + rest.count} : Moved{Status::Done, moved};
}

Transport::Moved TlsTransport::not_moved(int count, bool& wants_write) noexcept {
    switch (SSL_get_error(session_.get(), count)) {
        case SSL_ERROR_WANT_READ: return {Status::Again, 0};
        case SSL_ERROR_WANT_WRITE: wants_write = true; return {Status::Again, 0};
        case SSL_ERROR_ZERO_RETURN: return {Status::End, 0};
        default: return failed();
    }
}

Transport::Moved TlsTransport::failed() noexcept {
    failed_ = true;
    error_ = ERR_peek_last_error();
    return {Status::Failed, 0};
}

}  // namespace cenote::loop
