# SPDX-License-Identifier: Apache-2.0
# The compiler flags of this tree, and the function that declares a module.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
# The same code in a release as in RelWithDebInfo; at -O3 g++ 12 warns about loops that it unrolled itself.
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG")
find_program(CCACHE_PROGRAM ccache)
if(CCACHE_PROGRAM AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE_PROGRAM})
endif()

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
# g++ 12 sees a null pointer in the strings of CLI11's templates.
target_compile_options(CLI11::CLI11 INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-null-dereference>)
pkg_check_modules(LIBUV REQUIRED IMPORTED_TARGET libuv)
pkg_check_modules(LDNS REQUIRED IMPORTED_TARGET ldns)
pkg_check_modules(LIBIDN2 REQUIRED IMPORTED_TARGET libidn2)
pkg_check_modules(NGHTTP2 REQUIRED IMPORTED_TARGET libnghttp2)
pkg_check_modules(LIBPSL REQUIRED IMPORTED_TARGET libpsl)
pkg_check_modules(XXHASH REQUIRED IMPORTED_TARGET libxxhash)

add_library(cenote_flags INTERFACE)
target_include_directories(cenote_flags INTERFACE ${PROJECT_SOURCE_DIR})
target_compile_options(cenote_flags INTERFACE
  -Wall -Wextra -Wpedantic
  # In joined files a local name may be that of a constant of another file.
  $<$<NOT:$<BOOL:$<TARGET_PROPERTY:UNITY_BUILD>>>:-Wshadow>
  -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
  -Werror -fstack-protector-strong -fno-strict-aliasing
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety -Wno-missing-field-initializers>
  # With optimisation g++ 12 warns about string operations in its own library (GCC PR 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-missing-field-initializers -Wno-restrict>)
target_compile_definitions(cenote_flags INTERFACE $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2>)
# All symbols are bound at the start, so that no table of addresses remains writable.
set(CMAKE_EXE_LINKER_FLAGS "${CMAKE_EXE_LINKER_FLAGS} -pie -Wl,-z,relro,-z,now")
if(CENOTE_FUZZ)
  target_compile_options(cenote_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(CENOTE_SANITIZE)
  target_compile_options(cenote_flags INTERFACE -fsanitize=${CENOTE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(cenote_flags INTERFACE -fsanitize=${CENOTE_SANITIZE})
  # g++ 12 has false warnings for code that a sanitizer has instrumented (GCC PR 105562).
  target_compile_options(cenote_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized -Wno-null-dereference -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread>)
endif()

# Several files of a target as one, which takes a fifth of the time where nlohmann-json and fmt take most of that of each.
# For the control plane only: the code that the compiler makes of the data plane must not depend on which files it sees together.
function(cenote_join_files target)
  if(CENOTE_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 8)
  endif()
endfunction()

# cenote_module(NAME [JOINED] [DEPENDS other modules or libraries]): all .cc files of the current folder as one library, whose
# tests are in tests/NAME.
function(cenote_module name)
  set_property(GLOBAL APPEND PROPERTY cenote_modules ${name})
  cmake_parse_arguments(ARG "JOINED" "" "DEPENDS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc)
  if(sources)
    add_library(cenote_${name} STATIC ${sources})
    target_link_libraries(cenote_${name} PUBLIC cenote_flags ${ARG_DEPENDS})
    if(ARG_JOINED)
      cenote_join_files(cenote_${name})
    endif()
  else()
    add_library(cenote_${name} INTERFACE)
    target_link_libraries(cenote_${name} INTERFACE cenote_flags ${ARG_DEPENDS})
  endif()
endfunction()
