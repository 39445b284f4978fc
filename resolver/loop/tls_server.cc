// SPDX-License-Identifier: Apache-2.0
#include "resolver/loop/tls_server.h"

#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "resolver/base/random.h"
#include "resolver/loop/client_trust.h"
#include "resolver/loop/tls_transport.h"

namespace cenote::loop {
namespace {

// As ALPN writes them (RFC 7301 §3.1), the best first.
constexpr std::string_view kDot{
    "\x03"
    "dot"};
constexpr std::string_view kHttp{
    "\x02h2"
    "\x08http/1.1"};
constexpr long kTicketLasts = 6L * 3600;  // seconds

std::string subject_of(X509* certificate) {
    const Openssl<BIO> out(BIO_new(BIO_s_mem()));
    if (!out || X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0, XN_FLAG_ONELINE) < 0) return {};
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return size > 0 ? std::string(text, static_cast<std::size_t>(size)) : std::string();
}

std::optional<IpAddress> address_of(const ASN1_OCTET_STRING* octets) {
    const std::uint8_t* const bytes = ASN1_STRING_get0_data(octets);
    if (ASN1_STRING_length(octets) == 4) return IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
    std::array<std::uint8_t, 16> all{};
    if (ASN1_STRING_length(octets) != static_cast<int>(all.size())) return std::nullopt;
    std::copy_n(bytes, all.size(), all.begin());
    return IpAddress::v6(all);
}

std::vector<std::string> names_of(const X509* certificate) {
    std::vector<std::string> names;
    auto* const all =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(all, i);
        if (name->type == GEN_DNS)
            names.emplace_back(reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName)),
                               static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
        else if (name->type == GEN_IPADD)
            if (const auto address = address_of(name->d.iPAddress)) names.push_back(address->to_string());
    }
    GENERAL_NAMES_free(all);
    return names;
}

/// A client that names protocols, and none that is served here, gets an alert.
int choose_protocol(SSL* session, const std::uint8_t** chosen, std::uint8_t* size, const std::uint8_t* offered,
                    unsigned int offered_size, void*) {
    std::uint8_t* found = nullptr;
    const auto& served = *static_cast<const std::string_view*>(SSL_get_app_data(session));
    const int result = SSL_select_next_proto(&found, size, reinterpret_cast<const std::uint8_t*>(served.data()),
                                             static_cast<unsigned int>(served.size()), offered, offered_size);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int use_key(const TicketKeys::Key& key, std::uint8_t* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, bool encrypt) {
    std::array<char, 7> digest{"SHA256"};
    const std::array<OSSL_PARAM, 3> parameters{
        OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<std::uint8_t*>(key.mac.data()),
                                          key.mac.size()),
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
    const bool done =
        EVP_MAC_CTX_set_params(mac, parameters.data()) == 1 &&
        EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv, encrypt ? 1 : 0) == 1;
    return done ? 1 : -1;
}

/// A connection keeps its context when the TlsServer is gone, so the ticket keys belong to the context.
void free_tickets(void*, void* tickets, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<TicketKeys*>(tickets); }

int tickets_index() {
    static const int kIndex = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, free_tickets);
    return kIndex;
}

/// 1: the key is there; 2: it is, and the client gets another ticket; 0: no such key; -1: failed. In TLS 1.3 clients
/// use a ticket once (RFC 8446 §C.4), so that each connection has to bring the one for the next.
int on_ticket(SSL* session, std::uint8_t* name, std::uint8_t* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
              int encrypt) {
    const auto* const tickets =
        static_cast<const TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(session), tickets_index()));
    const auto& keys = tickets->all();
    if (encrypt != 0) {
        if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
        std::ranges::copy(keys.front().name, name);
        return use_key(keys.front(), iv, cipher, mac, true);
    }
    const auto found = std::ranges::find_if(
        keys, [name](const auto& key) { return std::equal(key.name.begin(), key.name.end(), name); });
    if (found == keys.end()) return 0;
    if (use_key(*found, iv, cipher, mac, false) != 1) return -1;
    return found == keys.begin() && SSL_version(session) != TLS1_3_VERSION ? 1 : 2;
}

template <std::size_t Size>
void fill(std::array<std::uint8_t, Size>& bytes) noexcept {
    static_assert(Size % sizeof(std::uint64_t) == 0);
    for (std::size_t at = 0; at < Size; at += sizeof(std::uint64_t)) {
        const std::uint64_t value = random_u64();
        std::memcpy(&bytes[at], &value, sizeof value);
    }
}

TicketKeys::Key random_key() {
    TicketKeys::Key key;
    fill(key.name);
    fill(key.cipher);
    fill(key.mac);
    return key;
}

Status take_chain(SSL_CTX* context, std::string_view text) {
    const Openssl<BIO> in = memory_of(text);
    const Openssl<X509> own(PEM_read_bio_X509(in.get(), nullptr, no_passphrase, nullptr));
    if (!own) return Error{"there is no certificate in PEM in it"};
    if (SSL_CTX_use_certificate(context, own.get()) != 1)
        return Error{fmt::format("the certificate cannot be used: {}", last_reason())};
    while (const Openssl<X509> next{PEM_read_bio_X509(in.get(), nullptr, no_passphrase, nullptr)})
        if (SSL_CTX_add1_chain_cert(context, next.get()) != 1)
            return Error{fmt::format("a certificate of its chain cannot be used: {}", last_reason())};
    const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    const std::string why = last_reason();
    if (!at_end) return Error{fmt::format("a certificate of its chain cannot be read: {}", why)};
    return Done{};
}

Status take_key(SSL_CTX* context, std::string_view text) {
    const Openssl<BIO> in = memory_of(text);
    const Openssl<EVP_PKEY> key(PEM_read_bio_PrivateKey(in.get(), nullptr, no_passphrase, nullptr));
    if (!key) {
        ERR_clear_error();
        return Error{text.find("ENCRYPTED") != std::string_view::npos
                         ? "the key has a passphrase; write it without one ('openssl pkey -in KEY -out KEY')"
                         : "there is no private key in PEM in it"};
    }
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1 || SSL_CTX_check_private_key(context) != 1) {
        ERR_clear_error();
        return Error{"the key is not that of the certificate"};
    }
    return Done{};
}

void set_manner(SSL_CTX* context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    // A peer that ends without saying so within TLS has sent whole messages or not: each has its length.
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                     SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(context,
                     SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(context, kTicketLasts);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_max_early_data(context, 0);
    SSL_CTX_set_recv_max_early_data(context, 0);
    SSL_CTX_set1_groups_list(context, "X25519:P-256:P-384");
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, on_ticket);
}

}  // namespace

TicketKeys TicketKeys::create() {
    TicketKeys made;
    made.keys_.push_back(random_key());
    return made;
}

TicketKeys TicketKeys::rolled() const {
    TicketKeys next = create();
    for (std::size_t i = 0; i < keys_.size() && next.keys_.size() < kKept; ++i) next.keys_.push_back(keys_[i]);
    return next;
}

struct TlsServer::State {
    Openssl<SSL_CTX> context;
    TrustFacts trust;
    std::uint64_t trust_number = 0;
    std::array<Sha256Digest, 2> session_contexts{};  // by Alpn
};

TlsServer::TlsServer(std::unique_ptr<State> state, CertificateFacts facts)
    : state_(std::move(state)), facts_(std::move(facts)) {}
TlsServer::~TlsServer() = default;

Result<std::shared_ptr<const TlsServer>> TlsServer::create(std::string_view chain, std::string_view key,
                                                           const TicketKeys& tickets, const ClientTrust& trust) {
    ERR_clear_error();
    auto state = std::make_unique<State>();
    state->context.reset(SSL_CTX_new(TLS_server_method()));
    SSL_CTX* const context = state->context.get();
    if (context == nullptr) return Error{"OpenSSL has no memory for a server"};
    set_manner(context);
    if (auto own = std::make_unique<TicketKeys>(tickets); SSL_CTX_set_ex_data(context, tickets_index(), own.get()) == 1)
        static_cast<void>(own.release());
    else
        return Error{"OpenSSL has no memory for a server"};
    if (auto taken = take_chain(context, chain); !taken) return std::move(taken).error();
    if (auto taken = take_key(context, key); !taken) return std::move(taken).error();
    auto trusted = set_trust(context, trust);
    if (!trusted) return Error{fmt::format("the authorities of clients: {}", trusted.error().text)};
    state->trust = *trusted;
    state->trust_number = number_of(trust);
    state->session_contexts = {session_context(trust, Alpn::Dot), session_context(trust, Alpn::Http)};
    X509* const own = SSL_CTX_get0_certificate(context);
    CertificateFacts facts{.begins = time_of(X509_get0_notBefore(own)),
                           .ends = time_of(X509_get0_notAfter(own)),
                           .subject = subject_of(own),
                           .names = names_of(own)};
    return std::shared_ptr<const TlsServer>(new TlsServer(std::move(state), std::move(facts)));
}

std::unique_ptr<Transport> TlsServer::accept(UniqueFd fd, TlsBuffers& buffers, Alpn alpn) const {
    Openssl<SSL> session(SSL_new(state_->context.get()));
    if (!session) return nullptr;
    SSL_set_accept_state(session.get());
    SSL_set_app_data(session.get(), const_cast<std::string_view*>(alpn == Alpn::Dot ? &kDot : &kHttp));
    const Sha256Digest& bound_to = state_->session_contexts[static_cast<std::size_t>(alpn)];
    if (SSL_set_session_id_context(session.get(), bound_to.data(), static_cast<unsigned>(bound_to.size())) != 1)
        return nullptr;
    return TlsTransport::create(std::move(fd), std::move(session), &buffers, state_->trust_number);
}

const TrustFacts& TlsServer::trust_facts() const noexcept { return state_->trust; }
std::uint64_t TlsServer::trust() const noexcept { return state_->trust_number; }

bool TlsServer::covers(const std::string& name) const {
    return X509_check_host(SSL_CTX_get0_certificate(state_->context.get()), name.c_str(), name.size(),
                           X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, nullptr) == 1;
}

bool TlsServer::covers(const IpAddress& address) const {
    return X509_check_ip_asc(SSL_CTX_get0_certificate(state_->context.get()), address.to_string().c_str(), 0) == 1;
}

}  // namespace cenote::loop
