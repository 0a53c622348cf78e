mod certificates;
mod connect;
