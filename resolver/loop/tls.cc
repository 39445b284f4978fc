// SPDX-License-Identifier: Apache-2.0
#include "resolver/loop/tls.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <utility>

#include "resolver/base/address.h"
#include "resolver/loop/tls_transport.h"

namespace cenote::loop {
namespace {

/// In the form of ALPN: a byte with the length in front. False: OpenSSL has no memory.
bool offer(SSL* session, std::string_view protocol) {
    std::string list(1, static_cast<char>(protocol.size()));
    list += protocol;
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(list.data());
    return SSL_set_alpn_protos(session, bytes, static_cast<unsigned>(list.size())) == 0;
}

}  // namespace

struct TlsClient::State {
    Openssl<SSL_CTX> context;
};

TlsClient::TlsClient(std::unique_ptr<State> state) : state_(std::move(state)) {}
TlsClient::~TlsClient() = default;

Result<std::unique_ptr<TlsClient>> TlsClient::create_unauthenticated() {
    auto state = std::make_unique<State>();
    state->context.reset(SSL_CTX_new(TLS_client_method()));
    if (!state->context) return Error{"TLS: OpenSSL has no memory for a client"};
    SSL_CTX* const context = state->context.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    return std::unique_ptr<TlsClient>(new TlsClient(std::move(state)));
}

Result<std::unique_ptr<TlsClient>> TlsClient::create(const std::string& ca_file) {
    auto client = create_unauthenticated();
    if (!client) return client;
    SSL_CTX* const context = (*client)->state_->context.get();
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    const int trusted = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context)
                                        : SSL_CTX_load_verify_locations(context, ca_file.c_str(), nullptr);
    if (trusted != 1)
        return Error{ca_file.empty() ? "TLS: the system's certificate authorities cannot be read"
                                     : ca_file + ": no certificate authority can be read from it"};
    return client;
}

std::unique_ptr<Transport> TlsClient::connect(UniqueFd fd, const std::string& name, std::string_view protocol) {
    Openssl<SSL> session(SSL_new(state_->context.get()));
    if (!session) return nullptr;
    X509_VERIFY_PARAM* const check = SSL_get0_param(session.get());
    X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool named =
        name.empty() || (IpAddress::parse(name) ? X509_VERIFY_PARAM_set1_ip_asc(check, name.c_str()) == 1
                                                : X509_VERIFY_PARAM_set1_host(check, name.c_str(), name.size()) == 1 &&
                                                      SSL_set_tlsext_host_name(session.get(), name.c_str()) == 1);
    if (!named) return nullptr;
    if (!protocol.empty() && !offer(session.get(), protocol)) return nullptr;
    SSL_set_connect_state(session.get());
    auto transport = TlsTransport::create(std::move(fd), std::move(session), nullptr);
    if (transport) transport->require(protocol);
    return transport;
}

}  // namespace cenote::loop
