// SPDX-License-Identifier: Apache-2.0
#include "resolver/rawudp/program.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/mman.h>

#include <array>
#include <cerrno>

#include "resolver/base/fd.h"
#include "resolver/rawudp/program_object.h"

namespace cenote::rawudp {
namespace {

constexpr std::size_t kOwnersSize = 65536;

// As in replies.bpf.c.
struct Server {
    std::array<std::uint8_t, 16> address;
    std::uint16_t port;  // in network order
    std::uint16_t zero = 0;
};

struct ObjectCloser {
    void operator()(bpf_object* object) const noexcept { bpf_object__close(object); }
};

Server key_of(const SocketAddress& server) noexcept { return {server.ip.octets(), htons(server.port)}; }

int errno_of(int result) noexcept { return result < 0 ? -result : 0; }

}  // namespace

struct Program::State {
    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() {
        if (owners != nullptr) munmap(owners, kOwnersSize);
    }

    std::unique_ptr<bpf_object, ObjectCloser> object;
    std::uint8_t* owners = nullptr;
    int program = -1;
    int servers = -1;
    int sockets = -1;
    UniqueFd link;
};

bool is_built() noexcept { return true; }

Program::Program(std::unique_ptr<State> state) : state_(std::move(state)) {}
Program::~Program() = default;

Result<std::unique_ptr<Program>, int> Program::load(std::uint32_t sockets) {
    libbpf_set_print(nullptr);
    auto state = std::make_unique<State>();
    const ByteView bytes = program_object();
    state->object.reset(bpf_object__open_mem(bytes.data(), bytes.size(), nullptr));
    if (state->object == nullptr) return errno;
    bpf_object* const object = state->object.get();
    bpf_map* const places = bpf_object__find_map_by_name(object, "sockets");
    if (places == nullptr) return EINVAL;
    bpf_map__set_max_entries(places, sockets);
    if (const int failed = bpf_object__load(object); failed != 0) return -failed;
    state->program = bpf_program__fd(bpf_object__find_program_by_name(object, "take_replies"));
    state->sockets = bpf_map__fd(places);
    state->servers = bpf_object__find_map_fd_by_name(object, "servers");
    const int owners = bpf_object__find_map_fd_by_name(object, "owners");
    if (state->program < 0 || state->servers < 0 || owners < 0) return EINVAL;
    void* const at = mmap(nullptr, kOwnersSize, PROT_READ | PROT_WRITE, MAP_SHARED, owners, 0);
    if (at == MAP_FAILED) return errno;
    state->owners = static_cast<std::uint8_t*>(at);
    return std::unique_ptr<Program>(new Program(std::move(state)));
}

int Program::attach() noexcept {
    const UniqueFd network(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!network.valid()) return errno;
    const int link = bpf_link_create(state_->program, network.get(), BPF_SK_LOOKUP, nullptr);
    if (link < 0) return -link;
    state_->link.reset(link);
    return 0;
}

int Program::set_socket(std::uint32_t place, int fd) noexcept {
    const auto value = static_cast<std::uint64_t>(fd);
    return errno_of(bpf_map_update_elem(state_->sockets, &place, &value, BPF_ANY));
}

int Program::add_server(const SocketAddress& server) noexcept {
    const Server key = key_of(server);
    const std::uint8_t present = 1;
    return errno_of(bpf_map_update_elem(state_->servers, &key, &present, BPF_ANY));
}

int Program::remove_server(const SocketAddress& server) noexcept {
    const Server key = key_of(server);
    return errno_of(bpf_map_delete_elem(state_->servers, &key));
}

std::span<std::uint8_t, 65536> Program::owners() const noexcept {
    return std::span<std::uint8_t, 65536>(state_->owners, kOwnersSize);
}

int Program::descriptor() const noexcept { return state_->program; }

}  // namespace cenote::rawudp
