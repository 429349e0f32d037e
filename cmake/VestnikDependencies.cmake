# Third-party parts as imported targets, one name each: vestnik::dep::<part>. `make deps` installs them.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(prometheus-cpp REQUIRED CONFIG COMPONENTS core)
find_package(yaml-cpp REQUIRED)
find_package(CLI11 REQUIRED)
pkg_check_modules(GMIME REQUIRED IMPORTED_TARGET gmime-3.0)
pkg_check_modules(LZ4 REQUIRED IMPORTED_TARGET liblz4)
pkg_check_modules(LIBPQ REQUIRED IMPORTED_TARGET libpq)
pkg_check_modules(IDN2 REQUIRED IMPORTED_TARGET libidn2)

# Where third_party/install puts what Debian does not have in a usable version.
if(DEFINED ENV{VESTNIK_DEPS_DIR})
  set(VESTNIK_DEPS_DIR $ENV{VESTNIK_DEPS_DIR})
else()
  set(VESTNIK_DEPS_DIR $ENV{HOME}/.cache/vestnik)
endif()

add_library(vestnik::dep::phonenumber UNKNOWN IMPORTED)
set_target_properties(vestnik::dep::phonenumber PROPERTIES
  IMPORTED_LOCATION /usr/lib/${CMAKE_LIBRARY_ARCHITECTURE}/libphonenumber.so.8
  INTERFACE_INCLUDE_DIRECTORIES ${VESTNIK_DEPS_DIR}/libphonenumber/usr/include)

pkg_check_modules(RDKAFKA QUIET IMPORTED_TARGET rdkafka>=2.14.2)
if(RDKAFKA_FOUND)
  add_library(vestnik::dep::rdkafka ALIAS PkgConfig::RDKAFKA)
else()
  add_library(vestnik::dep::rdkafka STATIC IMPORTED)
  set_target_properties(vestnik::dep::rdkafka PROPERTIES
    IMPORTED_LOCATION ${VESTNIK_DEPS_DIR}/librdkafka/lib/librdkafka.a
    INTERFACE_INCLUDE_DIRECTORIES ${VESTNIK_DEPS_DIR}/librdkafka/include
    INTERFACE_LINK_LIBRARIES "OpenSSL::SSL;OpenSSL::Crypto;Threads::Threads;z;m;dl")
endif()

if(VESTNIK_TESTS)
  find_package(GTest REQUIRED)
endif()
